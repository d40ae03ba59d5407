package release

import (
	"errors"
	"fmt"
	"strings"
)

// arg reads what follows ARG: NAME[=VALUE] ...
func (d *dockerfile) arg(words []string) {
	for _, word := range words {
		name, value, given := strings.Cut(word, "=")
		if !given {
			continue
		}
		value, err := d.expand(value, 0)
		if err != nil {
			delete(d.args, name) // who uses it will say that it is not known
			continue
		}
		d.args[name] = value
	}
}

// expand takes quotes and escapes off a word, and replaces the variables in it.
func (d *dockerfile) expand(word string, depth int) (string, error) {
	if depth > maxDefaults {
		return "", errors.New("defaults within defaults, too deep")
	}
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(word); {
		c := word[i]
		switch {
		case c == '$' && quote != '\'':
			value, n, err := d.variable(word[i:], depth)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
			i += n
		case c == d.escape[0] && quote != '\'' && i+1 < len(word):
			b.WriteByte(word[i+1])
			i += 2
		default:
			switch {
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			default:
				b.WriteByte(c)
			}
			i++
		}
		if b.Len() > maxValue {
			return "", errors.New("too long")
		}
	}
	if quote != 0 {
		return "", errors.New("a quote has no end")
	}
	return b.String(), nil
}

// variable returns the value of the variable that text begins with, and how long
// it is there: $NAME, ${NAME}, ${NAME:-WORD}, ${NAME:+WORD}. Without the colon, an
// empty value counts as one.
func (d *dockerfile) variable(text string, depth int) (value string, length int, err error) {
	if m := bareVariable.FindStringSubmatch(text); m != nil {
		value, err = d.value(m[1])
		return value, len(m[0]), err
	}
	m := braceStart.FindStringSubmatch(text)
	end := closing(text)
	if m == nil || end < 0 || m[2] == "" && end != len(m[0]) {
		return "", 0, errors.New("a variable in a form that is not known")
	}
	value, set := d.args[m[1]]
	if strings.HasPrefix(m[2], ":") {
		set = value != ""
	}
	plus := strings.HasSuffix(m[2], "+")
	switch {
	case m[2] == "":
		value, err = d.value(m[1])
	case plus && !set:
		value = ""
	case plus || !set:
		value, err = d.expand(text[len(m[0]):end], depth+1)
	}
	return value, end + 1, err
}

func (d *dockerfile) value(name string) (string, error) {
	value, ok := d.args[name]
	if !ok {
		return "", fmt.Errorf("the value of %.100s is not known", name)
	}
	return value, nil
}

// closing returns the index of the brace that closes the first one, or -1.
func closing(text string) int {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}
