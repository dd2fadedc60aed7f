package rules

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A node is a decision diagram over the cells of the variables (a multi-valued decision diagram,
// reduced and ordered as Bryant's binary ones): equal functions are equal nodes.
type node int32

const (
	bottom node = 0 // holds for no combination
	top    node = 1 // holds for all
)

// maxNodes bounds the work for one rules file.
const maxNodes = 1_000_000

// errTooComplicated says that the routes need more than maxNodes.
var errTooComplicated = errors.New("路由的条件合起来太复杂，查不清会不会漏掉或者重复，请减少字段或者拆开")

// diagrams holds the nodes over some variables.
type diagrams struct {
	domains []domain
	vars    []int    // of each node; terminals stand after all variables
	kids    [][]node // of each node, one for each cell
	same    map[string]node
	done    map[operation]node
	full    bool
}

type operation struct {
	op   string
	a, b node
}

func newDiagrams(domains []domain) *diagrams {
	return &diagrams{
		domains: domains, vars: []int{len(domains), len(domains)}, kids: [][]node{nil, nil},
		same: make(map[string]node), done: make(map[operation]node),
	}
}

// make returns the node that asks for a variable.
func (d *diagrams) make(v int, kids []node) node {
	if !slices.ContainsFunc(kids, func(k node) bool { return k != kids[0] }) {
		return kids[0]
	}
	key := make([]byte, 0, 4*(len(kids)+1))
	key = binary.LittleEndian.AppendUint32(key, uint32(v)) //nolint:gosec // a small number
	for _, k := range kids {
		key = binary.LittleEndian.AppendUint32(key, uint32(k)) //nolint:gosec // not negative
	}
	if n, ok := d.same[string(key)]; ok {
		return n
	}
	if len(d.vars) >= maxNodes {
		d.full = true
		return bottom
	}
	n := node(len(d.vars)) //nolint:gosec // below maxNodes
	d.vars, d.kids = append(d.vars, v), append(d.kids, kids)
	d.same[string(key)] = n
	return n
}

// apply joins two diagrams by "and" or "or".
func (d *diagrams) apply(op string, a, b node) node {
	absorbing, neutral := bottom, top
	if op == "or" {
		absorbing, neutral = top, bottom
	}
	switch {
	case a == absorbing || b == absorbing:
		return absorbing
	case a == neutral || a == b:
		return b
	case b == neutral:
		return a
	case d.full:
		return bottom
	case a > b:
		a, b = b, a
	}
	key := operation{op, a, b}
	if n, ok := d.done[key]; ok {
		return n
	}
	v := min(d.vars[a], d.vars[b])
	kids := make([]node, len(d.domains[v].cells))
	for i := range kids {
		kids[i] = d.apply(op, d.kid(a, v, i), d.kid(b, v, i))
	}
	n := d.make(v, kids)
	d.done[key] = n
	return n
}

// kid is what is left of a node when a variable is in a cell.
func (d *diagrams) kid(n node, v, cell int) node {
	if d.vars[n] != v {
		return n
	}
	return d.kids[n][cell]
}

func (d *diagrams) not(a node) node {
	if a == top || a == bottom {
		return top - a
	}
	key := operation{"not", a, a}
	if n, ok := d.done[key]; ok {
		return n
	}
	kids := make([]node, len(d.kids[a]))
	for i, k := range d.kids[a] {
		kids[i] = d.not(k)
	}
	n := d.make(d.vars[a], kids)
	d.done[key] = n
	return n
}

// example returns a cell for every variable that matters, of a combination for which a diagram holds:
// the plainest one, that is with few words and truths.
func (d *diagrams) example(n node) map[int]int {
	out := make(map[int]int)
	for n != top && n != bottom {
		for i, k := range d.kids[n] {
			if k != bottom {
				out[d.vars[n]], n = i, k
				break
			}
		}
	}
	return out
}
