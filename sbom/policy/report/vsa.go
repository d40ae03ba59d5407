package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/policy"
)

// The statement and its predicate:
// https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
// https://slsa.dev/spec/v1.2/verification_summary
type (
	statement struct {
		Type          string     `json:"_type"`
		Subject       []resource `json:"subject"`
		PredicateType string     `json:"predicateType"`
		Predicate     vsa        `json:"predicate"`
	}
	resource struct {
		Name   string            `json:"name,omitempty"`
		URI    string            `json:"uri,omitempty"`
		Digest map[string]string `json:"digest,omitempty"`
	}
	vsa struct {
		Verifier verifier `json:"verifier"`
		Time     string   `json:"timeVerified,omitempty"`
		Resource string   `json:"resourceUri"`
		Policy   resource `json:"policy"`
		Result   string   `json:"verificationResult"`
		Levels   []string `json:"verifiedLevels"`
	}
	verifier struct {
		ID      string            `json:"id"`
		Version map[string]string `json:"version,omitempty"`
	}
)

var errNoDigest = errors.New("a verification summary is about one artifact with a digest: check the artifact itself, and neither its manifest alone nor a folder")

// writeVSA writes one statement a line. There is none about an artifact that
// was not at hand.
func writeVSA(w io.Writer, reports []*policy.Report, o Options) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range reports {
		s, err := summaryOf(r, o)
		if err != nil {
			return fmt.Errorf("%s: %w", title(r), err)
		}
		if err := e.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

func summaryOf(r *policy.Report, o Options) (*statement, error) {
	if !r.Subject.Verified {
		return nil, errNoDigest
	}
	rules, err := policyDigest(r)
	if err != nil {
		return nil, err
	}
	v := vsa{
		Verifier: verifier{ID: home}, Time: instant(o.Now), Resource: "file:" + relativeURI(place(r)), Result: "FAILED", Levels: []string{},
		Policy: resource{URI: home + "#profile-" + r.Profile.Name, Digest: map[string]string{"sha256": rules}},
	}
	if o.Version != "" {
		v.Verifier.Version = map[string]string{"manifestgen": o.Version}
	}
	if r.Verdict == policy.Fit {
		v.Result = "PASSED"
		v.Levels = []string{"MANIFESTGEN_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(r.Profile.Name))}
	}
	return &statement{
		Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/verification_summary/v1", Predicate: v,
		Subject: []resource{{Name: place(r), Digest: digestSet(r.Subject.Digests)}},
	}, nil
}

// policyDigest identifies the rules that a report was made by, with their
// parameters.
func policyDigest(r *policy.Report) (string, error) {
	h := sha256.New()
	e := json.NewEncoder(h)
	err := e.Encode(r.Profile)
	for _, result := range r.Results {
		err = errors.Join(err, e.Encode(result.Rule))
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// digestSet writes digests by the names of
// https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md.
func digestSet(digests []sbom.Digest) map[string]string {
	set := map[string]string{}
	for _, d := range digests {
		name := strings.ToLower(strings.ReplaceAll(d.Algorithm, "SHA-", "SHA"))
		set[strings.ReplaceAll(name, "-", "_")] = d.Value
	}
	return set
}
