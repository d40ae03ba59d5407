// Package policy answers one question: may this artifact be published?
//
// # What is judged
//
// A [Subject] is an artifact with all that is known about it now: the manifest
// that accompanies it, and, as far as they are at hand, the artifact itself, what
// a fresh scan finds in it, what verifying the tag gives, and the build inputs as
// they are. [Check] judges it by a [Profile], which is a list of rules, and
// returns a [Report]:
//
//	p, ok := policy.ByName(policy.Default)
//	report, err := policy.Check(&policy.Subject{Manifest: m, Now: now}, p, policy.Options{})
//	if report.Verdict == policy.Refused { ... }
//
// A [Rule] is a small pure function with the words that a person needs: what is
// asked, why it matters, what to do about it. Its [Result] is one of four:
//
//	pass            it was looked at, and it is as the rule asks
//	fail            it was looked at, and it is not
//	not provable    what it takes to tell is not at hand, or not to be believed
//	not applicable  the rule is about something that this release does not have
//
// A result names its evidence: which value, who said so, and where. A rule about
// each of many components counts them and names the first that offend.
//
// The verdict is [Refused] if a rule that is a must failed or is not provable: to
// publish is to promise, and what cannot be shown must not be promised. A should
// is a warning, unless the check is strict. A may is good to know. No profile can
// do without one rule more, called "signature": if a signature was verified and
// disowns what it is on, the release is refused and the report [Report.Damned].
//
// # Who is believed
//
// The manifest is what is judged, so it is not believed where there is something
// to compare it with. What the artifact itself says is taken from [Subject.Fresh];
// without a fresh scan it is what the manifest says that the artifact said. That
// a tag is signed is taken from [Subject.Tag] alone. A label of an image may be
// that of its base, and proves nothing.
//
// # The release guidelines
//
// The default profile, "release-guidelines", has the seven clauses of the
// Guidelines for Managing Releases of Binary Artifacts of 2017-05-30:
//
//	G1  Users know what they are getting: name, version and architecture are
//	    stated, can be read off the artifact, and are what the artifact says.
//	G2  A manifest lists the versions of all components. It is of this artifact,
//	    is sound, and leaves nothing out.
//	G3  The dates of build and publication are stated, and can be true.
//	G4  It can be built again: from a commit, with a clean work tree and a signed
//	    tag; each input is listed, with a digest that still holds.
//	G5  A team makes it, not "the ... community".
//	G6  Users know where to report problems.
//	G7  The licence is known, warranty is disclaimed, and nothing promises
//	    support or warranty in the name of others.
//
// What the guidelines call a must is one here, and what they call a should is a
// should. What would make the manifest state what is false is a must as well,
// whatever the force of stating it at all: a date may be missing, but not be in
// the future.
//
// # The files of a release
//
// The profile [Folder], "release-folder", judges [Subject.Release], all that is
// published together: every file is described by a manifest, every manifest is of
// a file, checksums and links hold, and all manifests agree on the release.
//
// # Published sets
//
// The other profiles judge whether a manifest holds what a standard asks for at
// least: see [Profiles]. A profile whose standard could not be read by those who
// wrote it has the status [Reconstructed], and every report by it says so. They
// judge the document. Whether what it says is true, the guidelines ask.
//
// # Rules of one's own
//
// Profiles are values: pick rules from [Rules], change their severity, set their
// parameters by [Rule.With], add rules whose Check is any function. Parameters are
// checked, and faults come with their places as a [ParamError]. Regular
// expressions are those of package regexp, whose cost is linear in the text.
//
// # Hostile input
//
// A manifest that was read from a file may say anything. Rules do not panic
// whatever it says, take time that is linear in its size, and quote no more of it
// than the beginning of a value. What they quote is not escaped for terminals or
// markup: that is for those who print a report.
//
// The package has no clock, reads no environment and no file, starts nothing and
// opens no connection. The same subject gives the same report.
package policy
