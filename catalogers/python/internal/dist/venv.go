package dist

import (
	"regexp"
	"strings"
)

// A Venv is what the pyvenv.cfg of a virtual environment says:
// https://docs.python.org/3/library/site.html
type Venv struct {
	Version        string // of Python: "3.11.2"
	Implementation string // "CPython"; empty if it is not said
	System         bool   // distributions of the base Python are seen too
}

// threeNumbers is a version of Python, of which virtualenv writes more:
// 3.11.2.final.0
var threeNumbers = regexp.MustCompile(`^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}`)

// ParseVenv reads a pyvenv.cfg file. Like Python it passes over lines that are not
// of the form:
//
//	version = 3.11.2
//	implementation = CPython
//	include-system-site-packages = false
func ParseVenv(data []byte) Venv {
	var v Venv
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "version", "version_info":
			if number := threeNumbers.FindString(value); number != "" {
				v.Version = number
			}
		case "implementation":
			v.Implementation = ""
			if len(value) <= 40 && strings.IndexFunc(value, notWord) < 0 {
				v.Implementation = value
			}
		case "include-system-site-packages":
			v.System = strings.EqualFold(value, "true")
		}
	}
	return v
}

// notWord reports whether r is no ASCII letter.
func notWord(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }
