package policy_test

import (
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/policy"
)

func ExampleCheck() {
	m := &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{
		Ref: "app", Name: "app", Version: "1.2.3", Maker: sbom.Party{Name: "The App Community"},
	}}}
	p, _ := policy.ByName(policy.Default)
	report, err := policy.Check(&policy.Subject{Manifest: m}, p, policy.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	for _, r := range report.Results {
		if r.Rule.Clause == "G5" && r.Fails(false) {
			fmt.Println(r.Rule.ID, r.Message)
			fmt.Println(r.Rule.Fix)
		}
	}
	// Output:
	// refused
	// G5.community maker says or implies that a community makes the artifact: "The App Community"
	// Name the team in its place: --team, --description, the labels of the image, the metadata of the package.
}

func ExampleRule_With() {
	for _, r := range policy.Rules() {
		if r.ID != "G5.community" {
			continue
		}
		_, err := r.With("allowed", "community edition", "(oops")
		fmt.Println(err)
	}
	// Output:
	// rule G5.community: allowed[1]: character 1: missing closing ): "(oops"
}

// A profile of one's own is made of rules that there are, and of others.
func ExampleProfile() {
	p := policy.Profile{Name: "ours"}
	for _, r := range policy.Rules() {
		if strings.HasPrefix(r.ID, "G6.") {
			r.Severity = policy.Must
			p.Rules = append(p.Rules, r)
		}
	}
	p.Rules = append(p.Rules, policy.Rule{
		ID: "ours.homepage", Title: "There is a homepage", Severity: policy.Should,
		Check: func(s *policy.Subject, _ policy.Params) policy.Result {
			for _, l := range s.Manifest.Principal.Links {
				if l.Type == "website" {
					return policy.Result{Status: policy.Pass, Message: "the homepage is " + l.URL}
				}
			}
			return policy.Result{Status: policy.Fail, Message: "the manifest names no homepage"}
		},
	})
	report, err := policy.Check(&policy.Subject{}, p, policy.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range report.Results {
		fmt.Println(r.Rule.ID, r.Rule.Severity, r.Status)
	}
	// Output:
	// G6.issues must fail
	// G6.security must fail
	// ours.homepage should fail
	// signature must not-applicable
}
