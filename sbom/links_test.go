package sbom

import "testing"

func TestResolveLinks(t *testing.T) {
	l := links{
		"bin": "usr/bin", "usr/up": "..", "abs": "/usr", "a": "b", "b": "a", "out": "../../../etc",
		"c.tar!/bin": "/usr/bin", "c.tar!/etc": "../../usr",
	}
	tests := []struct{ in, want string }{
		{"x", "x"},
		{"bin/x", "usr/bin/x"},
		{"usr/up/bin/x", "usr/bin/x"},
		{"abs/up/x", "x"},
		{"out/x", "etc/x"},
		{"binary/x", "binary/x"},
		{"c.tar!/bin/x", "c.tar!/usr/bin/x"},
		{"c.tar!/etc/x", "c.tar!/usr/x"},
		{"d.tar!/bin/x", "d.tar!/bin/x"},
	}
	for _, tt := range tests {
		if got := l.resolve(tt.in); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.in, got, tt.want)
		}
	}
	l.resolve("a/x") // a circle has no answer, but an end
}
