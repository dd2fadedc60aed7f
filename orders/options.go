package orders

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Option is something of a product that the customer chooses (选配项): 颜色, 红色 or 蓝色.
type Option struct {
	Product  ProductCode // whose it is; empty: of every product of the category
	Category string
	Name     string
	Values   []string
	Needed   bool // asked for where nobody says it
}

// Choice is one side of a pairing: a value of an option of a line, or, where Option is empty, a product in the order.
type Choice struct {
	Option, Value string
	Product       ProductCode
}

// String writes a choice as the master data do: 颜色=红色, P001.
func (c Choice) String() string {
	if c.Option == "" {
		return string(c.Product)
	}
	return c.Option + "=" + c.Value
}

// ParseChoice reads what [Choice.String] writes.
func ParseChoice(text string) Choice {
	if name, value, ok := strings.Cut(text, "="); ok {
		return Choice{Option: name, Value: value}
	}
	return Choice{Product: ProductCode(text)}
}

// PairingKind tells what a pairing says of its two sides.
type PairingKind string

// The kinds of pairings.
const (
	PairingForbidden PairingKind = "forbidden" // 不能配: the first with any of the second
	PairingRequired  PairingKind = "required"  // 必须配: the first needs one of the second
	PairingAllowed   PairingKind = "allowed"   // 可以配: says nothing; it lifts what the row said before
)

// Pairing is a row of the table of which options and products go together (选配约束). Options of both sides are those of one line;
// a product is anywhere in the order.
type Pairing struct {
	Product  ProductCode // whose options; empty: of the category, and of every product where that is empty too
	Category string
	First    Choice
	Kind     PairingKind
	Second   []Choice
	Reason   string
}

// unsure is the value of an option that was said, and not clearly of which line or which value.
const unsure = "?"

// WithOption returns the line's options with one more; the line's own stay as they are. Of two different values neither counts: it is
// asked.
func (l *Line) WithOption(name, value string) map[string]string {
	out := maps.Clone(l.Options)
	if out == nil {
		out = make(map[string]string)
	}
	out[name] = value
	return out
}

// UnsureOption is [Line.WithOption] for an option that has to be asked for.
func (l *Line) UnsureOption(name string) map[string]string { return l.WithOption(name, unsure) }

// OptionText writes options as [ParseOptions] reads them: 材质=不锈钢;颜色=红色.
func OptionText(options map[string]string) string {
	parts := make([]string, 0, len(options))
	for _, name := range slices.Sorted(maps.Keys(options)) {
		parts = append(parts, name+"="+options[name])
	}
	return strings.Join(parts, ";")
}

// ParseOptions reads what [OptionText] writes.
func ParseOptions(text string) map[string]string {
	var out map[string]string
	for part := range strings.SplitSeq(text, ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			if out == nil {
				out = make(map[string]string)
			}
			out[name] = value
		}
	}
	return out
}

// describe is the product's spec with what was chosen of the line's options, so that whoever reads the one reads the other.
func (l *Line) describe(spec string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(l.Options)) {
		if v := l.Options[name]; v != unsure {
			parts = append(parts, name+" "+v)
		}
	}
	if len(parts) == 0 {
		return spec
	}
	return strings.TrimSpace(spec + " [" + strings.Join(parts, "，") + "]")
}

// combinations are the options and pairings of a catalog, indexed.
type combinations struct {
	options    []Option
	pairings   []Pairing
	byProduct  map[ProductCode][]*Option
	byCategory map[string][]*Option
}

func newCombinations(options []Option, pairings []Pairing) combinations {
	out := combinations{options: options, pairings: pairings, byProduct: map[ProductCode][]*Option{}, byCategory: map[string][]*Option{}}
	for i := range options {
		if o := &options[i]; o.Product != "" {
			out.byProduct[o.Product] = append(out.byProduct[o.Product], o)
		} else {
			out.byCategory[o.Category] = append(out.byCategory[o.Category], o)
		}
	}
	return out
}

// Options returns all options that the master data have; they must not be changed.
func (c *Catalog) Options() []Option { return c.combined.options }

// Pairings returns the table of what goes together; it must not be changed.
func (c *Catalog) Pairings() []Pairing { return c.combined.pairings }

// OptionsOf returns what can be chosen of a product. What is said of the product itself goes before what is said of its category.
func (c *Catalog) OptionsOf(code ProductCode) []*Option {
	p := c.Product(code)
	if p == nil {
		return nil
	}
	out := slices.Clone(c.combined.byProduct[code])
	if p.Category != "" {
		for _, o := range c.combined.byCategory[p.Category] {
			if !slices.ContainsFunc(out, func(x *Option) bool { return x.Name == o.Name }) {
				out = append(out, o)
			}
		}
	}
	return out
}

// OptionOf returns an option of a product by its name, nil where the product has none of that name.
func (c *Catalog) OptionOf(code ProductCode, name string) *Option {
	for _, o := range c.OptionsOf(code) {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// What can be done about a line that does not go with the rest, besides a value of an option or another product.
const (
	ChoiceDrop = "-" // the line goes
	ChoiceAdd  = "+" // before the code of a product that comes in
	choiceMost = 5   // so many are offered
	choiceName = "].choice"
)

// ChoiceLine returns the index of the line that a question about options and combinations is about; ok is false for other questions.
func (q *Question) ChoiceLine() (line int, ok bool) {
	rest, ok1 := strings.CutPrefix(q.Field, "lines[")
	number, ok2 := strings.CutSuffix(rest, choiceName)
	n, err := strconv.Atoi(number)
	return n, ok1 && ok2 && err == nil
}

// choices are the questions about options that lack and about combinations that the table does not allow, with what would be allowed.
func (c *Catalog) choices(o *Order) []Question {
	if len(c.combined.options) == 0 && len(c.combined.pairings) == 0 {
		return nil
	}
	var out []Question
	for i := range o.Lines {
		out = append(out, c.lacking(o, i)...)
	}
	for i := range c.combined.pairings {
		out = append(out, c.clashes(o, &c.combined.pairings[i])...)
	}
	return out
}

// choiceQuestion makes a question about a line. Options that the catalog names are labelled as people call them.
func (c *Catalog) choiceQuestion(o *Order, line int, reason, text string, options []string) Question {
	q := Question{Field: fmt.Sprintf("lines[%d%s", line, choiceName), Reason: reason, Text: text, Options: options}
	several := slices.ContainsFunc(options, func(x string) bool { return ParseChoice(x).Option != ParseChoice(options[0]).Option })
	for _, option := range options {
		label := option
		if code, isNew := strings.CutPrefix(option, ChoiceAdd); option == ChoiceDrop {
			label = "不要 " + o.Lines[line].Name
		} else if choice := ParseChoice(option); choice.Option != "" {
			if label = choice.Value; several {
				label = choice.Option + " " + choice.Value
			}
		} else if p := c.Product(ProductCode(code)); p != nil {
			label = map[bool]string{true: "加上 ", false: "换成 "}[isNew] + p.Title()
		}
		q.Labels = append(q.Labels, label)
	}
	return q
}

// lacking asks for the options of a line that have to be chosen and are not, or not clearly.
func (c *Catalog) lacking(o *Order, line int) []Question {
	l := &o.Lines[line]
	var out []Question
	for _, option := range c.OptionsOf(l.Product) {
		value, isSaid := l.Options[option.Name]
		if slices.Contains(option.Values, value) || !isSaid && !option.Needed {
			continue
		}
		reason := "missing"
		if isSaid {
			reason = "ambiguous"
		}
		out = append(out, c.choiceQuestion(o, line, reason, fmt.Sprintf("%s 要哪种%s？", l.Name, option.Name), c.values(o, line, option)))
	}
	return out
}

// values are what can be chosen of an option of a line: what goes with the rest of the order.
func (c *Catalog) values(o *Order, line int, option *Option) []string {
	var out []string
	for _, v := range option.Values {
		would := *o
		would.Lines = slices.Clone(o.Lines)
		would.Lines[line].Options = would.Lines[line].WithOption(option.Name, v)
		if c.fits(&would, line) {
			out = append(out, Choice{Option: option.Name, Value: v}.String())
		}
	}
	return out
}

// fits tells whether nothing speaks against a line of an order.
func (c *Catalog) fits(o *Order, line int) bool {
	for i := range c.combined.pairings {
		p := &c.combined.pairings[i]
		for _, hit := range p.hits(c, o) {
			if hit.first == line || hit.second == line {
				return false
			}
		}
	}
	return true
}

// hit is a place where an order does what a pairing does not allow: the line of the first side, and that of the second, -1 where it lacks.
type hit struct {
	first, second int
	with          Choice // of the second side
}

// covers tells whether the pairing is about options of that product.
func (p *Pairing) covers(c *Catalog, code ProductCode) bool {
	product := c.Product(code)
	return product != nil && (p.Product == "" || p.Product == code) && (p.Category == "" || p.Category == product.Category)
}

// at returns the lines of an order where a choice is made.
func (p *Pairing) at(c *Catalog, o *Order, choice Choice) []int {
	var out []int
	for i := range o.Lines {
		l := &o.Lines[i]
		switch {
		case choice.Option == "" && l.Product == choice.Product, choice.Option != "" && p.covers(c, l.Product) && l.Options[choice.Option] == choice.Value:
			out = append(out, i)
		}
	}
	return out
}

// hits finds where an order does what the pairing does not allow.
func (p *Pairing) hits(c *Catalog, o *Order) []hit {
	if p.Kind == PairingAllowed {
		return nil
	}
	var out []hit
	for _, i := range p.at(c, o, p.First) {
		satisfied := false
		for _, second := range p.Second {
			for _, j := range p.at(c, o, second) {
				if p.First.Option != "" && second.Option != "" && j != i { // options of one line
					continue
				}
				if satisfied = true; p.Kind == PairingForbidden {
					out = append(out, hit{i, j, second})
				}
			}
		}
		if p.Kind == PairingRequired && !satisfied {
			out = append(out, hit{i, -1, Choice{}})
		}
	}
	return out
}

// clashes asks about what the pairing does not allow of an order.
func (c *Catalog) clashes(o *Order, p *Pairing) []Question {
	var out []Question
	because := ""
	if p.Reason != "" {
		because = "（" + p.Reason + "）"
	}
	for _, h := range p.hits(c, o) {
		first := &o.Lines[h.first]
		if h.second >= 0 {
			text := fmt.Sprintf("%s 不能配 %s%s，", c.says(o, h.first, p.First), c.says(o, h.second, h.with), because)
			line, of := h.second, h.with
			if of.Option == "" && p.First.Option != "" { // what is chosen is changed sooner than what is bought
				line, of = h.first, p.First
			}
			out = append(out, c.choiceQuestion(o, line, "combination", text+"换成哪个？", c.instead(o, line, of)))
			continue
		}
		var options, words []string
		for _, second := range p.Second {
			if second.Option == "" {
				options = append(options, ChoiceAdd+string(second.Product))
				words = append(words, c.called(second.Product))
				continue
			}
			words = append(words, second.Option+" "+second.Value)
			option := c.OptionOf(first.Product, second.Option)
			if option == nil {
				continue
			}
			if can := c.values(o, h.first, option); slices.Contains(can, second.String()) {
				options = append(options, second.String())
			}
		}
		text := fmt.Sprintf("%s 必须配 %s%s，选哪个？", c.says(o, h.first, p.First), strings.Join(words, " 或 "), because)
		if p.First.Option == "" {
			options = append(options, ChoiceDrop)
		} else if option := c.OptionOf(first.Product, p.First.Option); option != nil {
			options = append(options, c.values(o, h.first, option)...)
		}
		out = append(out, c.choiceQuestion(o, h.first, "combination", text, options[:min(len(options), choiceMost)]))
	}
	return out
}

// instead are the choices that a line could have in place of one, what goes with the rest of the order: other values of the option, or
// other products of the category, or that it goes.
func (c *Catalog) instead(o *Order, line int, of Choice) []string {
	l := &o.Lines[line]
	if of.Option != "" {
		option := c.OptionOf(l.Product, of.Option)
		if option == nil {
			return nil
		}
		if out := c.values(o, line, option); len(out) > 0 {
			return out
		}
		var out []string // then another of its options has to change
		for _, other := range c.OptionsOf(l.Product) {
			if other.Name != of.Option {
				out = append(out, c.values(o, line, other)...)
			}
		}
		return out[:min(len(out), choiceMost)]
	}
	var out []string
	p, customer := c.Product(l.Product), c.Customer(o.Customer)
	for _, x := range c.Products() {
		if len(out) == choiceMost-1 || p == nil || p.Category == "" {
			break
		}
		if x.Code == p.Code || x.Category != p.Category || x.Unit != p.Unit || x.Kind == ProductCustom || customer != nil && !customer.MayBuy(x) {
			continue
		}
		would := *o
		would.Lines = slices.Clone(o.Lines)
		would.Lines[line].Product, would.Lines[line].Options = x.Code, nil
		if c.fits(&would, line) {
			out = append(out, string(x.Code))
		}
	}
	return append(out, ChoiceDrop)
}

// called names a product by code and name.
func (c *Catalog) called(code ProductCode) string {
	if p := c.Product(code); p != nil {
		return string(code) + " " + p.Title()
	}
	return string(code)
}

// says names a choice of a line for people.
func (c *Catalog) says(o *Order, line int, choice Choice) string {
	if choice.Option == "" {
		return c.called(choice.Product)
	}
	return fmt.Sprintf("%s 的%s %s", o.Lines[line].Name, choice.Option, choice.Value)
}

// isChoice tells whether a question is about options and combinations.
func isChoice(q Question) bool { _, ok := q.ChoiceLine(); return ok }

// combine puts the questions about options and combinations of a draft in the place of those that it had, and lets go of options that
// its products do not have.
func (o *Order) combine(cat *Catalog) {
	for i := range o.Lines {
		l := &o.Lines[i]
		for name := range l.Options {
			if l.Product != "" && cat.OptionOf(l.Product, name) == nil {
				l.Options = maps.Clone(l.Options)
				delete(l.Options, name)
			}
		}
	}
	o.Questions = append(slices.DeleteFunc(slices.Clone(o.Questions), isChoice), cat.choices(o)...)
}

// FindingChoice names what stops an order for its options and combinations.
const FindingChoice = "选配"

// refusals are what of the order the table of options and combinations does not allow, with what it does. What was so in an earlier
// form of the order, where there is one, is left to it.
func (c *Catalog) refusals(o, before *Order) []Finding {
	var known []Question
	if before != nil {
		known = c.choices(before)
	}
	var out []Finding
	for _, q := range c.choices(o) {
		if i := slices.IndexFunc(known, func(k Question) bool { return k.Text == q.Text }); i >= 0 {
			known = slices.Delete(known, i, i+1) // of two lines that are alike one may be new
			continue
		}
		line, _ := q.ChoiceLine()
		f := Finding{Rule: FindingChoice, Line: o.Lines[line].No, Text: q.Text, Effect: EffectBlock}
		if len(q.Labels) > 0 {
			f.Text += "可以：" + strings.Join(q.Labels, "、")
		}
		out = append(out, f)
	}
	return out
}
