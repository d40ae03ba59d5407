package jar

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// properties are the assignments of a properties file. Of one that occurs twice the
// last counts.
type properties map[string]string

// coordinates returns what a pom.properties names. Without a usable group and
// artifact that is nothing.
func (p properties) coordinates() (gav, error) {
	var errs []error
	get := func(name string) string {
		v := strings.TrimSpace(p[name])
		if v == "" || !isText(v) || strings.Contains(v, "${") || strings.ContainsAny(v, " /\\:") {
			errs = append(errs, fmt.Errorf("%s is %.80q", name, v))
			return ""
		}
		return v
	}
	g := gav{get("groupId"), get("artifactId"), get("version")}
	if g.group == "" || g.artifact == "" {
		g = gav{}
	}
	return g, errors.Join(errs...)
}

// parseProperties reads the format of java.util.Properties, in ISO 8859-1:
//
//	# a comment, as is one after !
//	groupId=org.example
//	artifactId : long\
//	    name
//	version 1.0\u002Dbeta
//
// A backslash before a line end joins lines, without the blanks that begin the
// next. See https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader).
func parseProperties(r io.Reader) (properties, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSize {
		return nil, fmt.Errorf("more than %d bytes", maxSize)
	}
	p := properties{}
	for n := 1; len(b) > 0; {
		first := n
		var line string
		var comment bool
		if line, comment, b, n = logicalLine(b, n); comment {
			continue
		}
		if err := p.assign(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
	}
	return p, nil
}

const blanks = " \t\f"

// logicalLine returns the first line of b with those that continue it, whether it is
// a comment or empty, what follows, and the number of the line there. A comment is
// not continued. It may follow a backslash that nothing
// is before, as in Java.
func logicalLine(b []byte, n int) (joined string, comment bool, rest []byte, next int) {
	var all strings.Builder
	for {
		var raw []byte
		raw, b = cutLine(b)
		n++
		line := strings.TrimLeft(string(raw), blanks)
		if all.Len() == 0 && (line == "" || line[0] == '#' || line[0] == '!') {
			return "", true, b, n
		}
		bare := strings.TrimRight(line, `\`)
		if (len(line)-len(bare))%2 == 0 {
			all.WriteString(line)
			return all.String(), false, b, n
		}
		all.WriteString(line[:len(line)-1])
		if len(b) == 0 {
			return all.String(), false, b, n
		}
	}
}

// assign splits a line at the first "=", ":" or blank that no backslash is before.
func (p properties) assign(line string) error {
	end := 0
	for end < len(line) && strings.IndexByte("=:"+blanks, line[end]) < 0 {
		if line[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(line))
	rest := strings.TrimLeft(line[end:], blanks)
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], blanks)
	}
	name, err := unescape(line[:end])
	if err != nil {
		return err
	}
	p[name], err = unescape(rest)
	return err
}

// unescape takes backslashes away and makes UTF-8 of ISO 8859-1 and of \uXXXX,
// which are units of UTF-16.
func unescape(s string) (string, error) {
	units := make([]uint16, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := uint16(s[i])
		if c != '\\' {
			units = append(units, c)
			continue
		}
		if i++; i == len(s) {
			break
		}
		switch s[i] {
		case 'u':
			u, err := strconv.ParseUint(s[i+1:min(i+5, len(s))], 16, 16)
			if err != nil || i+5 > len(s) {
				return "", fmt.Errorf("malformed \\uXXXX in %.80q", s)
			}
			c = uint16(u)
			i += 4
		case 't':
			c = '\t'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 'f':
			c = '\f'
		default:
			c = uint16(s[i])
		}
		units = append(units, c)
	}
	return string(utf16.Decode(units)), nil
}
