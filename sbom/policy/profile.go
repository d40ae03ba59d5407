package policy

// A Profile is a named list of rules.
type Profile struct {
	Name     string `json:"name"`     // "release-guidelines"
	Title    string `json:"title"`    // for a person
	Standard string `json:"standard"` // what the rules are made from, with its version and address

	// Status is Reconstructed, or empty. Note says then what could not be
	// read, or else what a reader of the report must know of the rules.
	Status ProfileStatus `json:"status,omitempty"`
	Note   string        `json:"note,omitempty"`

	Rules []Rule `json:"rules,omitempty"`
}

// A ProfileStatus says how well a profile is founded.
type ProfileStatus string

// Reconstructed is the status of a profile whose rules were not written with the
// text of the standard at hand, but after what others say of it. Every report by
// such a profile says so.
const Reconstructed ProfileStatus = "reconstructed"

// Default is the name of the profile that is used where no other is asked for.
const Default = "release-guidelines"

// Profiles returns the profiles that are built in, the default first.
func Profiles() []Profile {
	all := []Profile{guidelines(), folderProfile()}
	for _, x := range sets {
		all = append(all, x.profile())
	}
	return all
}

// ByName returns the profile of that name.
func ByName(name string) (Profile, bool) {
	for _, p := range Profiles() {
		if p.Name == name {
			return p, true
		}
	}
	return Profile{}, false
}

// Rules returns the rules of all profiles that are built in, in their order, for
// profiles that are made of some of them.
func Rules() []Rule {
	var all []Rule
	for _, p := range Profiles() {
		all = append(all, p.Rules...)
	}
	return append(all, signatureRule)
}
