package profile

import (
	"fmt"
	"strings"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/policy"
)

// A check judges a subject by expressions.
type check struct {
	title                  string
	each                   bool
	holds, where, provable condition
}

// judge is the check of a rule.
func (c *check) judge(s *policy.Subject, _ policy.Params) policy.Result {
	v := viewOf(s)
	length := v.length()
	if c.provable.program != nil {
		known, err := c.provable.run(v, length)
		if err != nil {
			return unproven(err)
		}
		if !known {
			return policy.Result{Status: policy.NotProvable, Message: "the manifest does not say enough: what the rule has as provable does not hold"}
		}
	}
	if c.each {
		return c.judgeEach(s.Manifest.Components, v, length)
	}
	holds, err := c.holds.run(v, length)
	switch {
	case err != nil:
		return unproven(err)
	case holds:
		return policy.Result{Status: policy.Pass, Message: "it is so: " + c.title}
	}
	return policy.Result{Status: policy.Fail, Message: "it is not so: " + c.title}
}

// unproven is the result of an expression that could not be evaluated.
func unproven(err error) policy.Result {
	return policy.Result{Status: policy.NotProvable, Message: "the expression could not be evaluated: " + err.Error()}
}

// maxOffenders is how many components a result names.
const maxOffenders = 20

// judgeEach asks every component for which where holds.
func (c *check) judgeEach(components []*sbom.Component, v view, length int) policy.Result {
	r := policy.Result{Status: policy.Pass}
	for i := range v.Components {
		env := componentView{v, v.Components[i]}
		asked := true
		var err error
		if c.where.program != nil {
			asked, err = c.where.runEach(env, length)
		}
		if err == nil && !asked {
			continue
		}
		r.Total++
		holds := false
		if err == nil {
			holds, err = c.holds.runEach(env, length)
		}
		if err != nil {
			return unproven(fmt.Errorf("component %d: %w", i+1, err))
		}
		if !holds {
			r.Status = policy.Fail
			r.Failed++
			if len(r.Offenders) < maxOffenders {
				r.Offenders = append(r.Offenders, offender(components[i], c.title))
			}
		}
	}
	switch {
	case r.Total == 0:
		r.Status, r.Message = policy.NotApplicable, "there is no component that is asked"
	case r.Failed > 0:
		r.Message = fmt.Sprintf("%d of %d components are not as the rule asks", r.Failed, r.Total)
	default:
		r.Message = fmt.Sprintf("%d components are as the rule asks", r.Total)
	}
	return r
}

// runEach evaluates a condition that is asked of each of length components.
func (c condition) runEach(env componentView, length int) (bool, error) {
	c.nesting++ // the loop over the components is one more
	return c.run(env, length)
}

func offender(c *sbom.Component, title string) policy.Offender {
	o := policy.Offender{Ref: c.Ref, Name: strings.TrimSpace(c.Name + " " + c.Version), Status: policy.Fail, Problem: "not so: " + title}
	if len(c.Locations) > 0 {
		o.Path = c.Locations[0].Path
	}
	return o
}
