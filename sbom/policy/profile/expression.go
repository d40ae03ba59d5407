package profile

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	source "github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// The limits of expressions. Together with what is refused they bound what one
// costs by the number of its nodes and the square of the length of the manifest,
// and maxSteps bounds that.
const (
	maxText    = 4096       // bytes
	maxNodes   = 500        // of the syntax tree
	maxNesting = 2          // of calls that take a function
	maxSteps   = 50_000_000 // nodes that are visited for one rule
	maxMemory  = 10_000_000 // elements of lists that are made
)

// builtins are the functions that an expression may call: those whose result is no
// longer than what they are given.
var builtins = []string{
	"all", "none", "any", "one", "filter", "map", "find", "count", "len", "keys", "values", "first", "last",
	"trim", "trimPrefix", "trimSuffix", "upper", "lower", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "max", "min", "abs", "int", "string", "date", "duration",
}

// A condition is an expression that is true or false.
type condition struct {
	program *vm.Program
	nodes   int
	nesting int
}

// compile checks an expression. Component is a name in it only if it is asked of
// each component.
func compile(text string, each bool) (condition, error) {
	if len(text) > maxText {
		return condition{}, fmt.Errorf("longer than %d bytes", maxText)
	}
	guard := &guard{}
	options := []expr.Option{expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.Patch(guard)}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	if each {
		options = append(options, expr.Env(componentView{}))
	} else {
		options = append(options, expr.Env(view{}))
	}
	program, err := expr.Compile(text, options...)
	if err == nil {
		err = guard.err
	}
	if err != nil {
		return condition{}, plain(err)
	}
	node := program.Node()
	c := condition{program: program, nodes: guard.nodes, nesting: depths{}.of(&node)}
	if c.nesting > maxNesting {
		return c, fmt.Errorf("calls that take a function are nested %d deep, more than %d", c.nesting, maxNesting)
	}
	return c, nil
}

// plain returns an error of the library with its place in the expression and
// without the picture that it draws.
func plain(err error) error {
	var at *source.Error
	if errors.As(err, &at) {
		return fmt.Errorf("%d:%d: %s", at.Line, at.Column+1, strings.TrimSpace(at.Message))
	}
	return err
}

// errCostly says that a rule was given up: not because of what it asks, but of how
// much there is.
var errCostly = errors.New("it would take too long with so many components")

// run evaluates the condition. Length is that of the longest list in env.
func (c condition) run(env any, length int) (bool, error) {
	steps := c.nodes
	for range c.nesting {
		steps *= max(length, 1)
		if steps > maxSteps {
			return false, errCostly
		}
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	out, err := machine.Run(c.program, env)
	if err != nil {
		return false, plain(err)
	}
	holds, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("it is %T, not true or false", out)
	}
	return holds, nil
}

// A guard refuses what could cost more than a manifest is long.
type guard struct {
	nodes int
	err   error
}

// Visit implements ast.Visitor. Every node has its type when it is visited.
func (g *guard) Visit(node *ast.Node) {
	g.nodes++
	switch n := (*node).(type) {
	case *ast.VariableDeclaratorNode:
		g.refuse(n, "there are no variables")
	case *ast.BinaryNode:
		_, constant := n.Right.(*ast.StringNode)
		switch {
		case n.Operator == "+" && !isNumber(n.Type()):
			g.refuse(n, "texts cannot be joined")
		case n.Operator == "..":
			g.refuse(n, "there are no ranges")
		case n.Operator == "**" || n.Operator == "^":
			g.refuse(n, "there are no powers")
		case n.Operator == "matches" && !constant:
			g.refuse(n, "what matches compares with must be written out")
		}
	}
}

func (g *guard) refuse(n ast.Node, why string) {
	if g.err == nil {
		g.err = fmt.Errorf("character %d: %s", n.Location().From+1, why)
	}
}

func isNumber(t reflect.Type) bool {
	if t == nil {
		return false
	}
	return t.Kind() == reflect.Int || t.Kind() == reflect.Float64 || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[time.Duration]()
}

// depths remembers how deep the functions inside a node are nested.
type depths map[*ast.PredicateNode]int

func (d depths) of(n *ast.Node) int {
	deepest := 0
	ast.Walk(n, visitor(func(x *ast.Node) {
		p, ok := (*x).(*ast.PredicateNode)
		if !ok || n == &p.Node {
			return
		}
		if _, known := d[p]; !known {
			d[p] = 1 + d.of(&p.Node)
		}
		deepest = max(deepest, d[p])
	}))
	return deepest
}

type visitor func(*ast.Node)

func (v visitor) Visit(n *ast.Node) { v(n) }
