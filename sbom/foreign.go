package sbom

// A Foreign is a part of a decoded document that the model has no word for, as
// the document spells it. A format that is of the same standard writes it again,
// as long as the field still says what the model says; the others carry it
// along.
type Foreign struct {
	Standard string `json:"standard"` // "cyclonedx", "spdx" (2.x), "spdx3"
	Field    string `json:"field"`    // the key of the object that it is a value of
	Value    string `json:"value"`    // JSON
}
