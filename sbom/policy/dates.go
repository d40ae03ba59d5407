package policy

import (
	"time"
)

// This file holds the checks of G3: how old is it?

func checkBuilt(s *Subject, _ Params) Result {
	p := s.principal()
	if p.Built.IsZero() {
		return fail("the manifest does not say when the artifact was built")
	}
	return pass("built %s", day(p.Built)).with(said(p, "built")...)
}

// checkBuiltTrue finds dates that cannot be that of the build.
func checkBuiltTrue(s *Subject, params Params) Result {
	p := s.principal()
	oldest := time.Date(params.Number("oldest"), 1, 1, 0, 0, 0, 0, time.UTC)
	evidence := said(p, "built", "committed")
	switch {
	case p.Built.IsZero():
		return notApplicable("the manifest does not say when the artifact was built")
	case p.Built.Before(oldest):
		return fail("built %s, which is no date of a build: tools put it where they shall not say one", day(p.Built)).with(evidence...)
	case p.Built.Before(p.Committed):
		return fail("built %s, which is before the commit it was built from, %s", moment(p.Built), moment(p.Committed)).with(evidence...)
	case s.Now.IsZero():
		return notProvable("built %s; whether that is in the future is not known", moment(p.Built)).with(evidence...)
	case p.Built.After(s.Now):
		return fail("built %s, which is in the future", moment(p.Built)).with(evidence...)
	}
	return pass("built %s, which can be", day(p.Built)).with(evidence...)
}

func checkPublished(s *Subject, _ Params) Result {
	p := s.principal()
	evidence := said(p, "built", "published")
	switch {
	case p.Published.IsZero():
		return notApplicable("the manifest states no date of publication: until it does, that of the build is read as both")
	case p.Published.Before(p.Built):
		return fail("published %s, which is before it was built, %s", moment(p.Published), moment(p.Built)).with(evidence...)
	case !s.Now.IsZero() && p.Published.After(s.Now):
		return fail("published %s, which is in the future", moment(p.Published)).with(evidence...)
	case s.Now.IsZero():
		return notProvable("published %s; whether that is in the future is not known", moment(p.Published)).with(evidence...)
	case p.Built.IsZero():
		return notProvable("published %s; whether that is after it was built is not known", moment(p.Published)).with(evidence...)
	}
	return pass("published %s", day(p.Published)).with(evidence...)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
