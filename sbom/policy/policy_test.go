package policy

import "testing"

func TestProfiles(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Profiles() {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
		if seen[p.Name] {
			t.Errorf("profile %s: twice", p.Name)
		}
		seen[p.Name] = true
	}
	if got, err := Check(nil, guidelines(), Options{}); err != nil || got.Verdict != Refused {
		t.Errorf("nothing at all is %v, %v", got, err)
	}
}
