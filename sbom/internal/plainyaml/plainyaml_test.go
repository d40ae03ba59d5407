package plainyaml

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, in, wantErr string }{
		{name: "a mapping", in: "a: [b, c]\r\nd: {e: f}\n"},
		{name: "nothing", in: "# only a comment\n", wantErr: "there are 0"},
		{name: "two documents", in: "a: b\n---\nc: d\n", wantErr: "there are 2"},
		{name: "an anchor", in: "a: &x b\n", wantErr: "1:4: anchors"},
		{name: "an alias bomb", in: "a: &a [x]\nb: [*a, *a]\n", wantErr: "anchors"},
		{name: "a tag", in: "a: !!binary x\n", wantErr: "tags"},
		{name: "a merge key", in: "<<: a\n", wantErr: "merge keys"},
		{name: "a control character", in: "a: b\nc: \x00\n", wantErr: "2:1: a control character"},
		{name: "no UTF-8", in: "a: \xff\n", wantErr: "not UTF-8"},
		{name: "too deep", in: strings.Repeat("[", 100), wantErr: "too deep"},
		{name: "too deep in one line", in: strings.Repeat("- ", 100) + "a", wantErr: "too deep"},
		{name: "too many words", in: "a: [" + strings.Repeat("b,", maxTokens) + "]", wantErr: "more than 20000 words"},
		{name: "too many lines", in: strings.Repeat("\n", maxTokens+1), wantErr: "more than 20000 lines"},
		{name: "too long", in: "# " + strings.Repeat("x", MaxLength), wantErr: "longer than 1 MiB"},
		{name: "a key twice", in: "a: b\na: c\n", wantErr: "already defined"},
		{name: "no end", in: "a: [b\n", wantErr: "1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := Parse([]byte(tt.in))
			if tt.wantErr == "" && (err != nil || n == nil) {
				t.Fatalf("got %v, %v", n, err)
			}
			if tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
		})
	}
}

// FuzzParse holds that a document is either read or refused with a reason.
func FuzzParse(f *testing.F) {
	f.Add("a: [b, {c: d}]\n")
	f.Add("a: |\n  b\n- c\n")
	f.Add("? a\n: b\n")
	f.Fuzz(func(t *testing.T, in string) {
		n, err := Parse([]byte(in))
		if (n == nil) == (err == nil) {
			t.Errorf("got %v, %v", n, err)
		}
	})
}
