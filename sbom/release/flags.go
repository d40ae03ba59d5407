package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// checkFlags refuses flags that contradict each other or the clock, and takes
// secrets out of their URLs.
func (g *gathering) checkFlags() error {
	f := &g.Flags
	if strings.ContainsAny(f.Commit+f.Tag, " \t\n") {
		return fmt.Errorf("commit %q, tag %q: want an object id and the name of a tag", f.Commit, f.Tag)
	}
	future := func(what string, t time.Time) error {
		if g.Now.IsZero() || !t.After(g.Now) {
			return nil
		}
		return fmt.Errorf("%s %s: is in the future", what, t.Format(time.RFC3339))
	}
	if err := errors.Join(future("built", f.Built), future("published", f.Published)); err != nil {
		return err
	}
	if !f.Built.IsZero() && !f.Published.IsZero() && f.Published.Before(f.Built) {
		return fmt.Errorf("published %s: is before it was built, %s", f.Published.Format(time.RFC3339), f.Built.Format(time.RFC3339))
	}
	if err := checkForms(f); err != nil {
		return err
	}
	return g.cleanFlags()
}

// cleanFlags takes secrets out of the URLs that flags give.
func (g *gathering) cleanFlags() error {
	f := &g.Flags
	f.Links = slices.Clone(f.Links)
	type address struct {
		what string
		url  *string
	}
	all := []address{{"repository", &f.Repository}, {"team", &f.Maker.URL}}
	for i := range f.Links {
		all = append(all, address{f.Links[i].Type, &f.Links[i].URL})
	}
	for _, a := range all {
		given := *a.url
		*a.url = g.clean(a.what, given)
		if given != "" && *a.url == "" {
			return fmt.Errorf("%s: want a URL such as https://example.org/x", a.what) // what was given may be a secret
		}
	}
	return nil
}

// checkForms holds flags to the forms that a record has.
func checkForms(f *sbom.Principal) error {
	fits := func(is, value string) error {
		if value == "" || forms[is].fits(value) {
			return nil
		}
		return fmt.Errorf("%.100q: want %s", value, forms[is].want)
	}
	err := fits(levels, f.SupportLevel)
	for _, c := range f.Maker.Contacts {
		err = errors.Join(err, fits("email", c.Email))
	}
	for _, s := range f.Settings {
		if s.Name == SettingEnvironment {
			for name := range strings.FieldsSeq(s.Value) {
				if !forms["variable"].fits(name) {
					return errors.New("build environment: want names of environment variables, without values") // what was given may be a secret
				}
			}
		}
	}
	return err
}
