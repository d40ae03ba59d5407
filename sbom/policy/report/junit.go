package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/sbom/policy"
)

// The part of JUnit XML that its readers agree on:
// https://github.com/testmoapp/junitxml
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"timestamp,attr,omitempty"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitProblem `xml:"failure"`
		Skipped *junitProblem `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a suite for each report. A warning is a test that passes and
// has something to say: the format has no word for it.
func writeJUnit(w io.Writer, reports []*policy.Report, o Options) error {
	all := junitSuites{Name: "manifestgen check"}
	for _, r := range reports {
		s := junitSuiteOf(r, o)
		all.Suites = append(all.Suites, s)
		all.Tests += s.Tests
		all.Failures += s.Failures
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitSuiteOf(r *policy.Report, o Options) junitSuite {
	s := junitSuite{Name: title(r) + " by " + r.Profile.Name, Time: strings.TrimSuffix(instant(o.Now), "Z")}
	for _, result := range r.Results {
		c := junitCase{Class: r.Profile.Name, Name: plain(result.Rule.ID + ": " + result.Rule.Title)}
		switch k := rankOf(result, r.Strict); k {
		case failure:
			s.Failures++
			c.Failure = &junitProblem{problem(result), string(result.Rule.Severity), details(result)}
		case beside:
			s.Skipped++
			c.Skipped = &junitProblem{Message: problem(result)}
		case warning, advice:
			c.Out = fmt.Sprintf("%s: %s\n%s", k, problem(result), details(result))
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	return s
}

// details are the lines below the message of a failure.
func details(r policy.Result) string {
	var b strings.Builder
	for _, o := range r.Offenders {
		fmt.Fprintln(&b, offender(o))
	}
	for _, e := range r.Evidence {
		fmt.Fprintf(&b, "seen: %s\n", evidence(e))
	}
	fmt.Fprintf(&b, "why: %s\nfix: %s\n", plain(r.Rule.Why), plain(r.Rule.Fix))
	return b.String()
}
