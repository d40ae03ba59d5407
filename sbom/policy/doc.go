// Package policy answers one question: may this artifact be published?
package policy
