package policy

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// patternProblem says what is wrong with a regular expression, and where.
func patternProblem(pattern string) (offset int, problem string) {
	_, err := regexp.Compile(pattern)
	if err == nil {
		return 0, ""
	}
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return 0, err.Error()
	}
	if i := strings.LastIndex(pattern, fault.Expr); i >= 0 && fault.Expr != pattern {
		offset = i
	}
	return offset, fmt.Sprintf("character %d: %s: %q", len([]rune(pattern[:offset]))+1, fault.Code, brief(fault.Expr))
}
