// Package score measures how well draft orders were read: it compares output lines of the
// reader with gold lines and counts what is exact, what was asked, and above all the silent
// errors, which send wrong goods out of the warehouse.
//
// It compares JSON values as they stand, so that it can judge any reader's output and not only
// what this program's own types can hold.
package score

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Record is a JSON object: an order or an order line.
type Record map[string]any

// Ask is a question of an output line; only the field that it names is scored.
type Ask struct {
	Field any `json:"field"`
}

// Output is one output line of the reader.
type Output struct {
	ID     string   `json:"id"`
	Intent any      `json:"intent"`
	Ref    any      `json:"ref"`
	Orders []Record `json:"orders"`
	Asks   []Ask    `json:"asks"`
	Error  any      `json:"error"`
}

// Gold is the right answer to one message, or several that are equally right.
type Gold struct {
	ID      string
	Tags    []string
	Choices []Output // the line itself, then its "also" alternatives
}

// UnmarshalJSON reads a gold line. An alternative of "also" replaces the line's own members.
func (g *Gold) UnmarshalJSON(data []byte) error {
	var head struct {
		ID   string                       `json:"id"`
		Tags []string                     `json:"tags"`
		Also []map[string]json.RawMessage `json:"also"`
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &own); err != nil {
		return err
	}
	*g = Gold{ID: head.ID, Tags: head.Tags}
	for _, also := range append([]map[string]json.RawMessage{nil}, head.Also...) {
		members := maps.Clone(own)
		maps.Copy(members, also)
		whole, err := json.Marshal(members)
		if err != nil {
			return err
		}
		var choice Output
		if err := decode(whole, &choice); err != nil {
			return err
		}
		g.Choices = append(g.Choices, choice)
	}
	return nil
}

// decode keeps numbers as they are written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

// ReadGold reads gold lines, one JSON object a line.
func ReadGold(r io.Reader) ([]Gold, error) { return readLines[Gold](r) }

// ReadOutputs reads output lines by id; of two with one id the later counts.
func ReadOutputs(r io.Reader) (map[string]Output, error) {
	lines, err := readLines[Output](r)
	outputs := make(map[string]Output, len(lines))
	for _, o := range lines {
		outputs[o.ID] = o
	}
	return outputs, err
}

func readLines[T any](r io.Reader) ([]T, error) {
	var lines []T
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 64<<20)
	for n := 1; scanner.Scan(); n++ {
		if strings.TrimSpace(scanner.Text()) == "" {
			continue
		}
		var line T
		if err := decode(scanner.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		lines = append(lines, line)
	}
	return lines, scanner.Err()
}

// orderFields and lineFields are what is scored; an order's note is not.
var (
	orderFields = []string{"customer", "deliver_by", "urgent", "carrier", "contact", "phone", "address", "payment", "po"}
	lineFields  = []string{"product", "quantity", "unit", "base_quantity", "price", "gift"}
)

// Wrong is one thing that differs from the gold.
type Wrong struct {
	Kind string // the field, or orders, lines, an (extra order), error, unasked
	What string // for people
	Loud bool   // an ask of the output names the very place
}

// Result is the verdict on one output line.
type Result struct {
	Wrong    []Wrong
	Exact    bool // every scored field right, and asks on exactly the gold's fields
	Asked    bool // the output asks something
	GoldAsks bool // the gold asks something
	AsksHit  int  // due asks that were asked
	AsksDue  int
	Taken    Share // fields right of a draft made without a question, see [Report.Taken]
}

// Silent counts what is wrong and what is due to be asked without an ask that names the place.
func (r *Result) Silent() int {
	n := 0
	for _, w := range r.Wrong {
		if !w.Loud {
			n++
		}
	}
	return n
}

// Judge compares out with each alternative of gold and returns the most favourable verdict.
func Judge(gold Gold, out Output) Result {
	results := make([]Result, len(gold.Choices))
	for i := range gold.Choices {
		results[i] = judge(gold.Choices[i], out)
	}
	return slices.MinFunc(results, func(a, b Result) int {
		if a.Exact != b.Exact {
			if a.Exact {
				return -1
			}
			return 1
		}
		if c := a.Silent() - b.Silent(); c != 0 {
			return c
		}
		return len(a.Wrong) - len(b.Wrong)
	})
}

func judge(gold, out Output) Result {
	wrong, due, given := compare(gold, out)
	r := Result{Exact: len(wrong) == 0 && maps.Equal(due, given), Asked: len(given) > 0, GoldAsks: len(due) > 0, AsksDue: len(due), Taken: taken(gold, out)}
	for p := range due {
		if given[p] {
			r.AsksHit++
		}
	}
	if !truthy(out.Error) {
		for p := range due {
			if !given[p] && !given.near(p) && !given[place{p.order, whole, "lines"}] {
				wrong = append(wrong, Wrong{Kind: "unasked", What: "unasked: " + p.String()})
			}
		}
	}
	r.Wrong = wrong
	return r
}

// compare returns what differs and the places asked about, those of the output in the gold's
// numbering of orders and lines.
func compare(gold, out Output) (wrong []Wrong, due, given places) {
	asked := askPlaces(out.Asks)
	due = askPlaces(gold.Asks)
	add := func(kind string, loud bool, format string, args ...any) {
		wrong = append(wrong, Wrong{Kind: kind, Loud: loud, What: fmt.Sprintf(format, args...)})
	}
	if truthy(gold.Error) {
		if !truthy(out.Error) && (len(out.Orders) > 0 || len(asked) == 0) {
			add("an", false, "an error was due")
		}
		return wrong, nil, nil
	}
	if truthy(out.Error) {
		add("error", true, "error: %v", out.Error)
		return wrong, due, nil
	}
	if text(gold.Intent) != text(out.Intent) {
		add("intent", len(asked) > 0, "intent %v != %v", gold.Intent, out.Intent)
	}
	if slices.Contains([]string{"change", "cancel", "status", "return", "urge"}, text(gold.Intent)) &&
		normalise("ref", gold.Ref) != normalise("ref", out.Ref) {
		add("ref", len(asked) > 0, "ref %q != %q", text(gold.Ref), text(out.Ref))
	}

	orders := pair(gold.Orders, out.Orders, orderLikeness)
	orderBack, lineBack := map[int]int{}, map[[2]int]int{}
	for i, g := range gold.Orders {
		m, found := orders[i]
		if !found {
			add("orders", len(out.Orders) == 0 && len(asked) > 0, "orders[%d] is missing", i)
			continue
		}
		orderBack[m] = i
		o := out.Orders[m]
		for _, f := range orderFields {
			if !due[place{i, whole, f}] && !same(f, g, o) {
				add(f, asked[place{m, whole, f}], "%s %q != %q", f, text(g[f]), text(o[f]))
			}
		}
		goldLines, outLines := g.lines(), o.lines()
		lines := pair(goldLines, outLines, likeness)
		for j, k := range lines {
			lineBack[[2]int{m, k}] = j
		}
		wholeAsked := asked[place{m, whole, "lines"}]
		for j, x := range goldLines {
			k, found := lines[j]
			if !found {
				add("lines", wholeAsked, "lines: missing %s", x.key())
				continue
			}
			var differ []string
			for _, f := range lineFields {
				if !due.leaveOpen(i, j, f) && !same(f, x, outLines[k]) {
					differ = append(differ, fmt.Sprintf("%s %q != %q", f, text(x[f]), text(outLines[k][f])))
				}
			}
			if len(differ) > 0 {
				add("lines", wholeAsked || asked.onLine(m, k), "lines: %s", strings.Join(differ, ", "))
			}
		}
		for k, x := range outLines {
			if _, paired := lineBack[[2]int{m, k}]; !paired {
				add("lines", wholeAsked || asked.onLine(m, k), "lines: extra %s", x.key())
			}
		}
	}
	for m, o := range out.Orders {
		if _, paired := orderBack[m]; !paired && truthy(o["lines"]) {
			add("an", asked.onOrder(m), "an extra order for %q", text(o["customer"]))
		}
	}

	given = places{}
	for p := range asked {
		if j, paired := lineBack[[2]int{p.order, p.line}]; paired {
			p.line = j
		}
		if i, paired := orderBack[p.order]; paired {
			p.order = i
		}
		given[p] = true
	}
	return wrong, due, given
}

// pair matches gold items with output items, most alike first, then those that stand nearest.
func pair(gold, out []Record, like func(a, b Record) int) map[int]int {
	type candidate struct{ like, apart, i, j int }
	var ranked []candidate
	for i, g := range gold {
		for j, o := range out {
			ranked = append(ranked, candidate{like(g, o), max(i-j, j-i), i, j})
		}
	}
	slices.SortFunc(ranked, func(a, b candidate) int {
		for _, c := range []int{b.like - a.like, a.apart - b.apart, a.i - b.i} {
			if c != 0 {
				return c
			}
		}
		return b.j - a.j
	})
	pairs, used := map[int]int{}, map[int]bool{}
	for _, c := range ranked {
		if _, taken := pairs[c.i]; !taken && !used[c.j] {
			pairs[c.i], used[c.j] = c.j, true
		}
	}
	return pairs
}

// likeness tells how alike two lines are; the product weighs most.
func likeness(a, b Record) int {
	n := 0
	for _, f := range lineFields {
		if same(f, a, b) {
			n++
			if f == "product" {
				n += 3
			}
		}
	}
	return n
}

func orderLikeness(a, b Record) int {
	n := 0
	for _, f := range orderFields {
		if same(f, a, b) {
			n++
		}
	}
	if same("customer", a, b) {
		n += 3
	}
	product := func(r Record) string { return normalise("product", r["product"]) }
	return n + 3*common(a.lines(), b.lines(), Record.key) + 2*common(a.lines(), b.lines(), product)
}

// common counts the members that two lists share under a key, each as often as in both.
func common(a, b []Record, key func(Record) string) int {
	counts, n := map[string]int{}, 0
	for _, r := range a {
		counts[key(r)]++
	}
	for _, r := range b {
		if counts[key(r)] > 0 {
			counts[key(r)]--
			n++
		}
	}
	return n
}

// lines returns an order's lines.
func (r Record) lines() []Record {
	list, _ := r["lines"].([]any)
	lines := make([]Record, 0, len(list))
	for _, x := range list {
		line, _ := x.(map[string]any)
		lines = append(lines, line)
	}
	return lines
}

// key joins the scored fields of a line.
func (r Record) key() string {
	parts := make([]string, len(lineFields))
	for i, f := range lineFields {
		parts[i] = normalise(f, r[f])
	}
	return fmt.Sprintf("%q", parts)
}
