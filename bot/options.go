package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// chosen is a value of an option that a text names.
type chosen struct {
	name     string // of the option; empty where only the value was said
	value    string // empty: what was said is not wanted (不要红色)
	words    string
	from, to int  // characters of the text
	all      bool // 都要红色
}

// What may stand between an option and its value, behind a value, and before one that is not wanted.
const (
	optionJoint = `[ \t]*(?:改成|改为|换成|换为|选成|选|要|用|是|为|[:：=])?[ \t]*`
	optionTail  = `(?:的|款)?`
	optionNot   = `(不要|别要|别|不是|非|不用)?`
)

// shades are the characters that make another value of the one behind them: 橙红色, 米白色.
const shades = "橙粉紫深浅大小半非米天军藏橘酒玫淡宝墨银亮哑乳奶灰"

// What is not wanted in other words: 红色的不要, 除了红色. What is said of all goods: 都要红色, and not 发成都 红色.
var (
	refusedBehind = regexp.MustCompile(`^(\s*(?:都|全)?(?:不要|别要|不用)(?:了|的)?)\s*(?:$|[,，;；。\n!！?？])`)
	refusedBefore = regexp.MustCompile(`除了?\s*$`)
	ofAll         = regexp.MustCompile(`(?:^|[^成首安])(?:全部|全都|都|全)(?:要|用|是|选|改成|换成)?\s*$`)
)

// remark fits what is said of labels, cartons and papers, whose colour is not that of the goods; 20箱 is an amount.
var remark = regexp.MustCompile(`标签|唛|胶带|丝带|油墨|盖章|包装|发票|单据|字样|(?:^|[^0-9一二三四五六七八九十百两几整每半 ])(箱|贴)|(?:^|[^打复])(印)`)

// bareNumber is a cell that is a number, which in a table is an amount or a price.
var bareNumber = regexp.MustCompile(`^[0-9.]+$`)

// leftOver is what may be left of a message that says nothing but options.
var leftOver = regexp.MustCompile(`都|全部|全|把|将|的|给我|我|要|用|选|改成|改为|改|换成|换为|换|成|吧|了|第\s*[0-9一二三四五六七八九十]+\s*行|[\s,，。.;；:：!！、]`)

// lineNumber is a line that words name by its number.
var lineNumber = regexp.MustCompile(`第\s*([0-9]+|[一二三四五六七八九十])\s*行`)

// takeOptions takes the values of options that a text names out of it, so that they become no part of goods or notes. Blanks stay in
// their place. A value alone, without its option's name, is taken where it is a word of two or more Chinese characters that can't be part of
// a name in the text.
func (s *session) takeOptions(text string) (rest string, said []chosen) {
	options := s.books.Catalog.Options()
	if len(options) == 0 {
		return text, nil
	}
	values := map[string][]string{} // by the option's name
	var alone []string
	for i := range options {
		o := &options[i]
		for _, v := range o.Values {
			if !strings.Contains(text, v) {
				continue
			}
			if !slices.Contains(values[o.Name], v) {
				values[o.Name] = append(values[o.Name], v)
			}
			if !slices.Contains(alone, v) && isWord(v) && !s.namesSomething(v, text) {
				alone = append(alone, v)
			}
		}
	}
	take := func(pattern, name string) {
		re := regexp.MustCompile(pattern)
		for _, at := range re.FindAllStringSubmatchIndex(text, -1) {
			before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
			value := text[at[4]:at[5]]
			next, _ := utf8.DecodeRuneInString(text[at[5]:])
			if name == "" && (at[2] < 0 && strings.ContainsRune(shades, before) || s.isRemark(text, at[0], at[1])) || isLetter(value) && isASCIILetter(next) {
				continue
			}
			from, to := at[0], at[1]
			if m := refusedBehind.FindStringSubmatchIndex(text[to:]); m != nil {
				to += m[3]
			}
			from -= len(refusedBefore.FindString(text[:from]))
			c := chosen{name: name, value: value, words: text[from:to]}
			c.from = utf8.RuneCountInString(text[:from])
			c.to = c.from + utf8.RuneCountInString(c.words)
			c.all = ofAll.MatchString(text[:from]) || strings.ContainsAny(text[at[0]:at[4]], "都全")
			if at[2] >= 0 || from < at[0] || to > at[1] {
				c.value = ""
			}
			said = append(said, c)
		}
		for _, c := range said {
			r := []rune(text)
			for i := c.from; i < c.to; i++ {
				r[i] = ' '
			}
			text = string(r)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		take(optionNot+regexp.QuoteMeta(name)+`(?:都|全部)?`+optionJoint+`(`+anyOf(values[name])+`)`+optionTail, name)
	}
	if len(alone) > 0 {
		take(optionNot+`(`+anyOf(alone)+`)`+optionTail, "")
	}
	slices.SortFunc(said, func(a, b chosen) int { return a.from - b.from })
	return text, said
}

// isRemark tells whether what stands in text[from:to] is said of labels, cartons or papers, unless such are goods with options.
func (s *session) isRemark(text string, from, to int) bool {
	const ends = clauseEnd + " "
	if i := strings.LastIndexAny(text[:from], ends); i >= 0 {
		_, size := utf8.DecodeRuneInString(text[i:])
		from = i + size
	} else {
		from = 0
	}
	if next := strings.IndexAny(text[to:], ends); next >= 0 {
		to += next
	} else {
		to = len(text)
	}
	for _, m := range remark.FindAllStringSubmatch(text[from:to], -1) {
		word := cmp.Or(m[1], m[2], m[0])
		if !slices.ContainsFunc(s.books.Catalog.Products(), func(p *orders.Product) bool {
			return strings.Contains(p.Name, word) && len(s.books.Catalog.OptionsOf(p.Code)) > 0
		}) {
			return true
		}
	}
	return false
}

// anyOf matches any of the words, the longest first.
func anyOf(words []string) string {
	quoted := make([]string, len(words))
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return strings.Join(quoted, "|")
}

// isWord tells whether a value can be known without its option's name.
func isWord(v string) bool {
	n := 0
	for _, r := range v {
		if r < 0x2e80 {
			return false
		}
		n++
	}
	return n > 1
}

func isLetter(v string) bool {
	r, _ := utf8.DecodeLastRuneInString(v)
	return isASCIILetter(r)
}

func isASCIILetter(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// namesSomething tells whether a word may be part of a name in a text: of a customer, or of a product that the text may be about, for two
// neighbouring characters of its name stand there.
func (s *session) namesSomething(word, text string) bool {
	named := func(n string) bool { return n != word && strings.Contains(n, word) && strings.Contains(text, n) }
	for _, p := range s.books.Catalog.Products() {
		names := append([]string{p.Name, p.Spec}, p.Aliases...)
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, word) }) {
			continue
		}
		if slices.ContainsFunc(names, named) { // 红色笔
			return true
		}
		for _, name := range names {
			r := []rune(strings.ReplaceAll(name, word, "\n"))
			for i := 0; i+2 <= len(r); i++ {
				if pair := string(r[i : i+2]); !strings.ContainsAny(pair, "\n ") && strings.Contains(text, pair) {
					return true
				}
			}
		}
	}
	for _, c := range s.books.Catalog.Customers() {
		if slices.ContainsFunc(append([]string{c.Name}, c.Aliases...), func(n string) bool { return strings.Contains(n, word) && strings.Contains(text, n) }) {
			return true
		}
		if slices.ContainsFunc(s.books.Catalog.ItemsOf(c.Code), func(x orders.CustomerItem) bool { return named(x.Item) }) {
			return true
		}
	}
	return false
}

// optionsFor are the names of a product's options that a chosen value may be of.
func (c *chosen) optionsFor(cat *orders.Catalog, code string) []string {
	var out []string
	for _, o := range cat.OptionsOf(orders.ProductCode(code)) {
		if (c.name == "" || c.name == o.Name) && (c.value == "" && c.name != "" || slices.ContainsFunc(o.Values, func(v string) bool { return strings.Contains(c.words, v) })) {
			out = append(out, o.Name)
		}
	}
	return out
}

// put notes a chosen value of a line as read. What is not sure, and what contradicts another value of the same message, is asked about.
func (c *chosen) put(cat *orders.Catalog, l *intake.Line, sure bool, seen map[string]string) {
	line := orders.Line{Options: orders.ParseOptions(l.Options)}
	names := c.optionsFor(cat, l.Product)
	for _, name := range names {
		switch {
		case c.value == "" && seen[name] != "":
			continue // 不要红色要蓝色
		case !sure, len(names) > 1, c.value == "", seen[name] != "" && seen[name] != c.value:
			line.Options = line.UnsureOption(name)
		default:
			line.Options = line.WithOption(name, c.value)
		}
		seen[name] = c.value
	}
	l.Options = orders.OptionText(line.Options)
}

// stretch is where a line stands in a text, in characters.
type stretch struct {
	order, line, from, to int
}

// clauseEnd are the signs between which a text says one thing.
const clauseEnd = ",，;；。\n!！?？"

// assign puts the values of options that a text names into the lines of what was read from it; it gives back what no line has such an
// option for.
func (s *session) assign(r *intake.Result, text string, said []chosen) (left []chosen) {
	if len(said) == 0 {
		return nil
	}
	cat := s.books.Catalog
	var places []stretch
	list, _ := r.Explain.([]intake.Explanation)
	for i := range r.Orders {
		prefix := fmt.Sprintf("orders[%d].", i)
		for j := range r.Orders[i].Lines {
			p := stretch{i, j, -1, -1}
			for _, e := range list {
				field, ok := strings.CutPrefix(e.Field, prefix)
				n, name, isLine := lineOf(field)
				if !ok || !isLine || n != j || e.Source == nil || e.Source.Place.Page > 0 || name != "product" && name != "quantity" && name != "unit" {
					continue
				}
				if p.from < 0 || e.Source.From < p.from {
					p.from = e.Source.From
				}
				p.to = max(p.to, e.Source.To)
			}
			if p.from >= 0 {
				places = append(places, p)
			}
		}
	}
	slices.SortFunc(places, func(a, b stretch) int { return a.from - b.from })
	line := func(p stretch) *intake.Line { return &r.Orders[p.order].Lines[p.line] }
	seen := map[[2]int]map[string]string{}
	put := func(c *chosen, p stretch, sure bool) {
		at := [2]int{p.order, p.line}
		if seen[at] == nil {
			seen[at] = map[string]string{}
		}
		c.put(cat, line(p), sure, seen[at])
	}
	every := places
	if len(every) == 0 { // it is about what is there already
		for i := range r.Orders {
			for j := range r.Orders[i].Lines {
				every = append(every, stretch{order: i, line: j})
			}
		}
	}
	chars := []rune(text)
	for k := range said {
		c := &said[k]
		fits := func(list []stretch) []stretch {
			return slices.DeleteFunc(slices.Clone(list), func(p stretch) bool { return len(c.optionsFor(cat, line(p).Product)) == 0 })
		}
		can := fits(every)
		if len(can) == 0 {
			left = append(left, *c)
			continue
		}
		if c.all || len(can) == 1 || len(places) == 0 {
			for _, p := range can {
				put(c, p, c.all || len(can) == 1)
			}
			continue
		}
		from, to := c.from, c.to // of the clause
		for from > 0 && !strings.ContainsRune(clauseEnd, chars[from-1]) {
			from--
		}
		for to < len(chars) && !strings.ContainsRune(clauseEnd, chars[to]) {
			to++
		}
		here := fits(slices.DeleteFunc(slices.Clone(places), func(p stretch) bool { return p.to <= from || p.from >= to }))
		inside := slices.IndexFunc(here, func(p stretch) bool { return c.from >= p.from && c.to <= p.to })
		switch {
		case len(here) == 1:
			put(c, here[0], true)
		case inside >= 0:
			put(c, here[inside], true)
		case len(here) > 1: // which of them
			for _, p := range here {
				put(c, p, false)
			}
		default:
			before := slices.DeleteFunc(slices.Clone(can), func(p stretch) bool { return p.to > c.from })
			for i, p := range can {
				isNext := len(before) > 0 && i == len(before)-1 || len(before) == 0 && len(can) == 1
				if open := orders.ParseOptions(line(p).Options); isNext || i < max(1, len(before)) && lacks(open, c.optionsFor(cat, line(p).Product)) {
					put(c, p, isNext)
				}
			}
		}
	}
	return left
}

// lacks tells whether any of the options has no value yet.
func lacks(options map[string]string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return options[n] == "" })
}

// chooseInTable puts the values of options that stand in a row of a table into the line that was read from it: cells that are such a
// value, or say it with the option's name.
func (s *session) chooseInTable(r *intake.Result, doc *page.Document) {
	if doc == nil || len(s.books.Catalog.Options()) == 0 {
		return
	}
	var rows [][]string
	for _, p := range doc.Pages {
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				cells := make([]string, len(row))
				for i := range row {
					cells[i] = strings.TrimSpace(row[i].Text)
				}
				rows = append(rows, cells)
			}
		}
	}
	used := map[int]bool{}
	list, _ := r.Explain.([]intake.Explanation)
	for _, e := range list {
		var i int
		if _, err := fmt.Sscanf(e.Field, "orders[%d]", &i); err != nil || i >= len(r.Orders) || e.Source == nil || e.Source.Place.Page == 0 {
			continue
		}
		n, name, ok := lineOf(strings.TrimPrefix(e.Field, fmt.Sprintf("orders[%d].", i)))
		if !ok || name != "product" || n >= len(r.Orders[i].Lines) || strings.TrimSpace(e.Source.Words) == "" {
			continue
		}
		at := slices.IndexFunc(rows, func(cells []string) bool {
			return slices.ContainsFunc(cells, func(c string) bool { return c != "" && strings.Contains(c, strings.TrimSpace(e.Source.Words)) })
		})
		for at >= 0 && used[at] {
			next := slices.IndexFunc(rows[at+1:], func(cells []string) bool {
				return slices.ContainsFunc(cells, func(c string) bool { return c != "" && strings.Contains(c, strings.TrimSpace(e.Source.Words)) })
			})
			if next < 0 {
				at = -1
				break
			}
			at += 1 + next
		}
		if at < 0 {
			continue
		}
		used[at] = true
		l, seen := &r.Orders[i].Lines[n], map[string]string{}
		for _, cell := range rows[at] {
			for _, word := range strings.FieldsFunc(cell, func(x rune) bool { return strings.ContainsRune(",，;；、/ \n", x) }) {
				option, value, named := strings.Cut(strings.NewReplacer("：", "=", ":", "=").Replace(word), "=")
				if !named {
					option, value = "", word
				}
				if !named && bareNumber.MatchString(strings.TrimSpace(word)) {
					continue
				}
				c := chosen{name: strings.TrimSpace(option), value: strings.TrimSpace(value), words: strings.TrimSpace(value)}
				if of := c.optionsFor(s.books.Catalog, l.Product); c.value != "" && slices.ContainsFunc(of, func(n string) bool {
					return slices.Contains(s.books.Catalog.OptionOf(orders.ProductCode(l.Product), n).Values, c.value)
				}) {
					c.put(s.books.Catalog, l, true, seen)
				}
			}
		}
	}
}

// chosenInto puts what a message says of options into what was read from it and into the conversation, in words that no line takes
// into the order's note.
func (s *session) chosenInto(r *intake.Result, t *intake.Thread, m intake.Message, said []chosen) {
	for i := range r.Orders { // what was read is shared with the conversation
		r.Orders[i].Lines = slices.Clone(r.Orders[i].Lines)
	}
	left := s.assign(r, m.Text, said)
	s.chooseInTable(r, m.Doc)
	for _, c := range left {
		for i := range r.Orders {
			if note := &r.Orders[i].Note; i == 0 && !strings.Contains(*note, c.words) {
				*note = strings.TrimPrefix(*note+";"+c.words, ";")
			}
		}
	}
	if t == nil || len(t.Orders) != len(r.Orders) {
		return
	}
	for i := range r.Orders {
		d := &t.Orders[i]
		if len(d.Lines) != len(r.Orders[i].Lines) {
			continue
		}
		d.Note = r.Orders[i].Note
		d.Lines = slices.Clone(d.Lines)
		for j := range d.Lines {
			d.Lines[j].Options = r.Orders[i].Lines[j].Options
		}
	}
}

// onlyOptions tells whether what is left of a message beside its options names nothing but lines of an order: by number, by name, or all;
// lines are those that it names, nil where it names none.
func onlyOptions(o *orders.Order, rest string) (lines []int, ok bool) {
	for _, m := range lineNumber.FindAllStringSubmatch(rest, -1) {
		n := strings.Index("零一二三四五六七八九十", m[1]) / len("一")
		if n <= 0 {
			_, _ = fmt.Sscan(m[1], &n)
		}
		if n < 1 || n > len(o.Lines) {
			return nil, false
		}
		lines = append(lines, n-1)
	}
	name := leftOver.ReplaceAllString(rest, "")
	if name == "" {
		return lines, true
	}
	if len(lines) > 0 {
		return nil, false
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if strings.EqualFold(name, string(l.Product)) || utf8.RuneCountInString(name) > 1 && strings.Contains(l.Name, name) {
			lines = append(lines, i)
		}
	}
	return lines, len(lines) > 0
}

// applyOptions makes a function that puts chosen values into an order, and tells whether any line of it has such options.
func (s *session) applyOptions(o *orders.Order, lines []int, said []chosen) (func(*orders.Order), bool) {
	cat := s.books.Catalog
	r := intake.Result{Orders: []intake.Draft{draftOf(cat, o)}}
	d := &r.Orders[0]
	seen := map[int]map[string]string{}
	done := false
	for k := range said {
		c := &said[k]
		var can []int
		for j := range d.Lines {
			if (lines == nil || slices.Contains(lines, j)) && len(c.optionsFor(cat, d.Lines[j].Product)) > 0 {
				can = append(can, j)
			}
		}
		for _, j := range can {
			if seen[j] == nil {
				seen[j] = map[string]string{}
			}
			c.put(cat, &d.Lines[j], c.all || lines != nil || len(can) == 1, seen[j])
			done = true
		}
		if len(can) == 0 {
			return nil, false
		}
	}
	return func(o *orders.Order) {
		for j := range o.Lines {
			o.Lines[j].Options = orders.ParseOptions(d.Lines[j].Options)
		}
	}, done
}

// optionsAlone takes a message that says nothing but options (颜色改成红色, 灯罩要红色的) to the draft at hand, or to an order that was submitted, which
// is then asked about.
func (s *session) optionsAlone(ctx context.Context, tx Tx, rest string, said []chosen, named orders.OrderID) (bool, error) {
	if len(said) == 0 {
		return false, nil
	}
	ids := s.talk.Orders
	if named != "" {
		ids = []orders.OrderID{named}
	} else if len(ids) == 0 && len(s.talk.Last) == 1 {
		ids = s.talk.Last
	}
	if len(ids) != 1 { // of several drafts the words have to say which
		return false, nil
	}
	o, err := tx.Order(ids[0])
	if err != nil || !s.person.mayTouch(o) {
		return false, nil //nolint:nilerr // an order that is not there is not meant
	}
	lines, only := onlyOptions(o, rest)
	if !only {
		return false, nil
	}
	apply, fits := s.applyOptions(o, lines, said)
	switch {
	case !fits:
		return false, nil
	case o.Status == orders.StatusDraft:
		return true, s.reviseOptions(ctx, tx, o.ID, func(o *orders.Order) error { apply(o); return nil })
	case o.MayChange() != nil:
		return true, o.MayChange()
	}
	if _, err := s.ownOrder(tx, o.ID); err != nil {
		return true, err
	}
	wanted, preview, err := s.clerk.Desk.AskChange(tx, o.ID, s.person.actor(), func(o *orders.Order) error { apply(o); return nil })
	if err != nil {
		return true, err
	}
	return true, s.showChange(ctx, wanted, &preview, "")
}

// reviseOptions changes a draft and shows it again; the conversation goes on from what it is then.
func (s *session) reviseOptions(ctx context.Context, tx Tx, id orders.OrderID, change func(*orders.Order) error) error {
	if _, err := s.ownOrder(tx, id); err != nil {
		return err
	}
	o, err := s.clerk.Desk.Revise(tx, id, s.person.actor(), change)
	if err != nil {
		return err
	}
	if i := slices.Index(s.talk.Orders, id); len(s.talk.Orders) > 1 && s.talk.Thread != nil && i < len(s.talk.Thread.Orders) {
		s.talk.Thread.Orders[i] = draftOf(s.books.Catalog, o)
	} else {
		s.talk.Orders = nil
		if err := s.attach(tx, o); err != nil {
			return err
		}
	}
	return s.show(ctx, tx, o, "", 1, 1)
}

// pick answers a question about options and combinations with one of its options: a value, another product, one more, or that the line
// goes.
func (s *session) pick(ctx context.Context, tx Tx, o *orders.Order, question orders.Question, option string) error {
	line, _ := question.ChoiceLine()
	if line >= len(o.Lines) {
		return orders.Errorf(orders.CodeConflict, "这个问题已经不用回答了，请看 %s 最新的卡片", o.ID)
	}
	cat := s.books.Catalog
	if choice := orders.ParseChoice(option); choice.Option != "" {
		return s.reviseOptions(ctx, tx, o.ID, func(o *orders.Order) error {
			o.Lines[line].Options = o.Lines[line].WithOption(choice.Option, choice.Value)
			return nil
		})
	}
	why, err := tx.Reasons(o.ID)
	if err != nil {
		return err
	}
	r := intake.Result{Intent: intake.IntentChange, Orders: []intake.Draft{draftOf(cat, o)}, Asks: asksOf(o.Questions)}
	d := &r.Orders[0]
	field := fmt.Sprintf("lines[%d].", line)
	of := func(x string) bool { return strings.HasPrefix(x, field) }
	code, isNew := strings.CutPrefix(option, orders.ChoiceAdd)
	product := cat.Product(orders.ProductCode(code))
	switch {
	case option == orders.ChoiceDrop:
		d.Lines = slices.Delete(d.Lines, line, line+1)
		why = slices.DeleteFunc(why, func(w orders.Reason) bool { return of(w.Field) })
		for k := range why {
			why[k].Field = moved(why[k].Field, line)
		}
		r.Asks = slices.DeleteFunc(r.Asks, func(a intake.Ask) bool { return of(strings.TrimPrefix(a.Field, "orders[0].")) })
		for k := range r.Asks {
			r.Asks[k].Field = "orders[0]." + moved(strings.TrimPrefix(r.Asks[k].Field, "orders[0]."), line)
		}
	case product == nil:
		return orders.Errorf(orders.CodeConflict, "没有产品 %s 了，没有改动。请看 %s 最新的卡片", code, o.ID)
	case isNew:
		d.Lines = append(d.Lines, intake.Line{Product: code, Unit: product.Unit})
		r.Asks = append(r.Asks, intake.Ask{
			Field: fmt.Sprintf("orders[0].lines[%d].quantity", len(d.Lines)-1), Reason: intake.ReasonMissing, Text: product.Title() + " 要多少？",
		})
	default:
		l := &d.Lines[line]
		if size, ok := product.UnitSize(l.Unit); !ok || !number(l.Quantity).Mul(size).Equal(number(l.BaseQuantity)) {
			l.Unit, l.Quantity = product.Unit, l.BaseQuantity
		}
		l.Product, l.Price, l.Options = code, "", ""
		why = slices.DeleteFunc(why, func(w orders.Reason) bool { return of(w.Field) })
	}
	return s.rewrite(ctx, tx, o, &r, why)
}

// moved is a field after a line before it has gone.
func moved(field string, gone int) string {
	if n, name, ok := lineOf(field); ok && n > gone {
		return fmt.Sprintf("lines[%d].%s", n-1, name)
	}
	return field
}
