package dpkg

import (
	"bytes"
	"compress/gzip"
	"testing"
	"time"
)

func TestParseChangelog(t *testing.T) {
	const head = "a (1.0-1) unstable; urgency=low\n\n  * x\n\n"
	tests := []struct {
		name, in, want, wantErr string
	}{
		{name: "entry", in: head + " -- A B <a@b>  Sun, 04 Dec 2022 12:22:34 +0100\n", want: "2022-12-04T11:22:34Z"},
		{name: "day of one digit", in: head + " -- A B <a@b>  Sun,  4 Dec 2022 12:22:34 +0000\n", want: "2022-12-04T12:22:34Z"},
		{name: "upstream's", in: "Version 1.0\n\n -- nothing\n"},
		{name: "empty"},
		{name: "no trailer", in: head},
		{name: "no date", in: head + " -- A B <a@b>\n", wantErr: "no date"},
		{name: "no such date", in: head + " -- A B <a@b>  Sun, 44 Dec 2022 12:22:34 +0100\n", wantErr: "day out of range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseChangelog(bytes.NewReader(zipped(t, tt.in)))
			checkErr(t, err, tt.wantErr)
			if s := got.Format(time.RFC3339); s != tt.want && (tt.want != "" || !got.IsZero()) {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
	cut := zipped(t, head)
	_, err := parseChangelog(bytes.NewReader(cut[:len(cut)-12]))
	checkErr(t, err, "unexpected EOF")
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzParseChangelog holds parseChangelog to this: a date comes without an error,
// and in UTC.
func FuzzParseChangelog(f *testing.F) {
	f.Add([]byte("a (1.0-1) unstable; urgency=low\n\n -- A B <a@b>  Sun, 04 Dec 2022 12:22:34 +0100\n"))
	f.Add([]byte("Version 1.0\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := parseChangelog(bytes.NewReader(zipped(t, string(in))))
		if !got.IsZero() && (err != nil || got.Location() != time.UTC) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
