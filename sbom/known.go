package sbom

import "slices"

// Known returns what the artifact itself says of its principal, before anybody
// else is asked: what a scan found, decided as [Assemble] would decide it without
// candidates. It is for those who look for candidates and must know what they are
// about. It changes nothing in inv.
func (inv *Inventory) Known() *Principal {
	own := *inv
	own.Findings = slices.Clip(own.Findings) // what is noted about the copy stays there
	a := &assembly{Inventory: &own}
	a.choosePrincipal(nil)
	return a.principal
}
