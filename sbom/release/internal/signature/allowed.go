package signature

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// An allowedSigner is a line of an allowed signers file.
type allowedSigner struct {
	principals string        // patterns, with commas between them
	key        ssh.PublicKey // of the signer, or of an authority
	authority  bool          // cert-authority: the key signs certificates, not tags
	namespaces string        // patterns; "" for any
	after      time.Time     // the first and the last second at which the key is valid;
	before     time.Time     // zero for no bound
}

// parseAllowedSigners reads lines of this form (ssh-keygen(1), ALLOWED
// SIGNERS). Principals with spaces are quoted; options have commas between them.
//
//	principals [options] keytype base64-key [comment]
//	# a comment
func parseAllowedSigners(b []byte, local *time.Location) ([]allowedSigner, error) {
	var list []allowedSigner
	var errs []error
	for n := 1; len(b) > 0; n++ {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		s := strings.Trim(string(line), " \t\r")
		if s == "" || s[0] == '#' {
			continue
		}
		a, err := parseAllowedSigner(s, local)
		if err != nil {
			errs = append(errs, fmt.Errorf("allowed signers: line %d: %w", n, err))
			continue
		}
		list = append(list, a)
	}
	return list, errors.Join(errs...)
}

func parseAllowedSigner(s string, local *time.Location) (allowedSigner, error) {
	var a allowedSigner
	if strings.IndexByte(s, 0) >= 0 {
		return a, errors.New("a NUL")
	}
	var err error
	if a.principals, s, err = cutPrincipals(s); err != nil {
		return a, err
	}
	// What follows is a key, or else it is options and then a key.
	if a.key, err = parseKey(s); err == nil {
		return a, nil
	}
	options, rest := cutOptions(s)
	if rest == "" {
		return a, err
	}
	if a.key, err = parseKey(rest); err != nil {
		return a, err
	}
	return a, a.setOptions(options, local)
}

// cutPrincipals splits off the first field, which may be in quotes.
func cutPrincipals(s string) (principals, rest string, err error) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		principals, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("the quoted principals have no end")
		}
	} else if i := strings.IndexAny(s, " \t"); i >= 0 {
		principals, rest = s[:i], s[i:]
	}
	if principals == "" {
		return "", "", errors.New("no principals and key")
	}
	return principals, strings.TrimLeft(rest, " \t"), nil
}

// cutOptions splits where the first blank is outside quotes.
func cutOptions(s string) (options, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && strings.HasPrefix(s[i+1:], `"`):
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && (s[i] == ' ' || s[i] == '\t'):
			return s[:i], strings.TrimLeft(s[i:], " \t")
		}
	}
	return s, ""
}

// parseKey reads "keytype base64-key [comment]".
func parseKey(s string) (ssh.PublicKey, error) {
	fields := strings.Fields(s)
	if len(fields) < 2 {
		return nil, errors.New("no key")
	}
	wire, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	key, err := ssh.ParsePublicKey(wire)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if key.Type() != fields[0] {
		return nil, fmt.Errorf("a key of type %q, said to be %q", key.Type(), fields[0])
	}
	if _, is := key.(*ssh.Certificate); is {
		return nil, errors.New("a certificate where a key belongs")
	}
	return key, nil
}

// setOptions reads options with commas between them, each at most once. An
// unknown one might narrow what the key is trusted for, so it is an error.
func (a *allowedSigner) setOptions(s string, local *time.Location) error {
	seen := map[string]bool{}
	for s != "" {
		name, value, rest, err := cutOption(s)
		if err != nil {
			return err
		}
		if seen[name] && name != "cert-authority" {
			return fmt.Errorf("option %s is there twice", name)
		}
		seen[name] = true
		if err := a.setOption(name, value, local); err != nil {
			return err
		}
		s = rest
	}
	if !a.after.IsZero() && !a.before.IsZero() && !a.before.After(a.after) {
		return errors.New("valid-before is not after valid-after")
	}
	return nil
}

func (a *allowedSigner) setOption(name string, value *string, local *time.Location) (err error) {
	switch {
	case name == "cert-authority" && value == nil:
		a.authority = true
	case name == "namespaces" && value != nil && *value != "":
		a.namespaces = *value
	case name == "valid-after" && value != nil:
		a.after, err = parseDate(*value, local)
	case name == "valid-before" && value != nil:
		a.before, err = parseDate(*value, local)
	default:
		err = fmt.Errorf("option %q", name)
	}
	return err
}

// cutOption reads name or name="value", and the comma that follows. In the
// value \" is a quote. Names do not depend on case.
func cutOption(s string) (name string, value *string, rest string, err error) {
	i := strings.IndexAny(s, "=,")
	if i < 0 {
		return strings.ToLower(s), nil, "", nil
	}
	name, rest = strings.ToLower(s[:i]), s[i+1:]
	if s[i] == ',' {
		if rest == "" {
			err = errors.New("a comma after the last option")
		}
		return name, nil, rest, err
	}
	if !strings.HasPrefix(rest, `"`) {
		return "", nil, "", fmt.Errorf("the value of option %s is not quoted", name)
	}
	var v strings.Builder
	for i = 1; i < len(rest) && rest[i] != '"'; i++ {
		if rest[i] == '\\' && strings.HasPrefix(rest[i+1:], `"`) {
			i++
		}
		v.WriteByte(rest[i])
	}
	if i == len(rest) {
		return "", nil, "", fmt.Errorf("the value of option %s has no end", name)
	}
	text := v.String()
	after, comma := strings.CutPrefix(rest[i+1:], ",")
	if (after == "") == comma {
		return "", nil, "", fmt.Errorf("no comma, or one too many, after option %s", name)
	}
	return name, &text, after, nil
}

// parseDate reads YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, in UTC if Z or UTC
// follows.
func parseDate(s string, local *time.Location) (time.Time, error) {
	digits, utc := strings.CutSuffix(s, "Z")
	if !utc {
		digits, utc = strings.CutSuffix(s, "UTC")
	}
	if utc || local == nil {
		local = time.UTC
	}
	layout := "20060102150405"
	switch len(digits) {
	case 8, 12, 14:
		layout = layout[:len(digits)]
	default:
		return time.Time{}, fmt.Errorf("time %q", s)
	}
	t, err := time.ParseInLocation(layout, digits, local)
	if err != nil || t.Unix() <= 0 {
		return time.Time{}, fmt.Errorf("time %q", s)
	}
	return t, nil
}

// validAt reports whether t lies in the validity of the line, ends included.
func (a allowedSigner) validAt(t time.Time) bool {
	return (a.after.IsZero() || !t.Before(a.after)) && (a.before.IsZero() || !t.After(a.before))
}

// matchList reports whether s matches one of the patterns and none of those
// that begin with an exclamation mark.
func matchList(patterns, s string) bool {
	found := false
	for _, p := range strings.Split(patterns, ",") {
		p, not := strings.CutPrefix(p, "!")
		if !matchPattern(p, s) {
			continue
		}
		if not {
			return false
		}
		found = true
	}
	return found
}

// matchPattern matches * to any text and ? to any byte. It goes back to the last
// star only, so that its time is at most the product of the lengths.
func matchPattern(p, s string) bool {
	i, j, star, from := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == s[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
