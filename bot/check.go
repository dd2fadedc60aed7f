package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
)

// checkMost is how many bytes a count may have, which is often a pasted table or a row of scans.
const checkMost = 16000

var (
	// checkLead fits the beginning of a count, which may go on over several lines.
	checkLead  = regexp.MustCompile(`(?i)^\s*复核\s*[:：]?\s*SO`)
	countBreak = regexp.MustCompile(`[\n;；，,]+`)
	countBatch = regexp.MustCompile(`(?i)(?:批次号?|批号|\blot|\bbatch)[\s:：#]*([0-9A-Za-z][\w./-]*)`)
	countSN    = regexp.MustCompile(`(?i)(?:序列号[\s:：#]*|\bs/?n[\s:：#]+)(.+)$`)
	countHow   = regexp.MustCompile(`^[x×*+]?(\d+(?:\.\d+)?)(\D*)$`)
	whyOther   = regexp.MustCompile(`(?:原因|因为|理由)[\s:：是]*(.+)$`)
)

// parseCheck finds a count: 复核 SO… X01 20盒，X02 5个, or a row for each.
func parseCheck(text string) (command, bool) {
	text = norm.NFKC.String(invisible.Replace(text))
	if !checkLead.MatchString(text) || len(text) > checkMost {
		return command{}, false
	}
	ids, rest := orders.FindOrderIDs(text)
	_, rest, _ = strings.Cut(rest, "复核")
	return command{verb: cmdCheck, orders: ids, arg: strings.Trim(rest, edges)}, true
}

// check compares a count with an order, or lists what is to be counted.
func (s *session) check(tx Tx, cmd command) error {
	if len(cmd.orders) != 1 {
		return orders.Errorf(orders.CodeInvalid, "一次复核一单，请写「复核 单号 编码 数量，编码 数量」")
	}
	o, err := s.order(tx, cmd.orders[0])
	if err != nil {
		return err
	}
	if cmd.arg == "" {
		s.send(cards.ToCount(o, o.ToCount(s.books.Catalog)), "reply", o.ID)
		return nil
	}
	counted, err := s.counted(tx, o, cmd.arg)
	if err != nil {
		return err
	}
	o, count, err := s.clerk.Desk.Check(tx, o.ID, counted, s.person.actor())
	if err != nil {
		return err
	}
	s.send(cards.Counted(o, count), "reply", o.ID)
	return nil
}

// counted reads a count: rows of a product and how many, with batch or serial numbers; a code or a serial number by itself is a scan of
// one.
func (s *session) counted(tx Tx, o *orders.Order, text string) ([]orders.Counted, error) {
	wanted := o.ToCount(s.books.Catalog)
	codes := make([]orders.ProductCode, len(wanted))
	for i := range wanted {
		codes[i] = wanted[i].Product
	}
	slices.Sort(codes)
	if err := tx.LockStock(codes); err != nil {
		return nil, err
	}
	lots, err := tx.Lots(codes...)
	if err != nil {
		return nil, err
	}
	var out []orders.Counted
	for _, row := range countBreak.Split(text, -1) {
		if row = strings.Trim(row, edges); row != "" {
			out = append(out, s.countedRow(wanted, lots, row)...)
		}
	}
	return out, nil
}

func (s *session) countedRow(wanted []orders.CountRow, lots []orders.Lot, row string) []orders.Counted {
	n := orders.Counted{Text: row, Quantity: decimal.NewFromInt(1)}
	rest := row
	if i := slices.IndexFunc(lots, func(l orders.Lot) bool { return l.Serial != "" && strings.EqualFold(l.Serial, row) }); i >= 0 { // a scan
		n.Product, n.Batch, n.Serial = lots[i].Product, lots[i].Batch, lots[i].Serial
		return []orders.Counted{n}
	}
	var serials []string
	if m := countSN.FindStringSubmatchIndex(rest); m != nil {
		serials = strings.FieldsFunc(rest[m[2]:m[3]], func(r rune) bool { return strings.ContainsRune("、/| \t", r) })
		rest = rest[:m[0]]
	}
	if m := countBatch.FindStringSubmatchIndex(rest); m != nil {
		n.Batch, rest = rest[m[2]:m[3]], rest[:m[0]]+" "+rest[m[1]:]
	}
	tokens := strings.Fields(rest)
	p, amount, unit := s.countedGoods(wanted, tokens)
	if p == nil {
		return []orders.Counted{n}
	}
	size, ok := p.UnitSize(unit)
	if unit == "" {
		size, ok = decimal.NewFromInt(1), true
	}
	if !ok {
		return []orders.Counted{n}
	}
	n.Product = p.Code
	if amount != "" {
		n.Quantity = number(amount).Mul(size)
	}
	if serials == nil {
		return []orders.Counted{n}
	}
	out := make([]orders.Counted, 0, len(serials)+1)
	left := decimal.Zero
	if amount != "" {
		left = n.Quantity
	}
	n.Quantity = decimal.NewFromInt(1)
	for _, sn := range serials {
		n.Serial = sn
		out, left = append(out, n), left.Sub(n.Quantity)
	}
	if left.IsPositive() { // more were counted than have a number
		n.Serial, n.Quantity = "", left
		out = append(out, n)
	}
	return out
}

// countedGoods finds the product that words mean, of the order's own first, and how many are said.
func (s *session) countedGoods(wanted []orders.CountRow, tokens []string) (p *orders.Product, amount, unit string) {
	find := func(words []string) *orders.Product {
		if len(words) == 0 {
			return nil
		}
		if x := s.books.Catalog.Product(orders.ProductCode(strings.ToUpper(strings.Join(words, "")))); x != nil {
			return x
		}
		found := s.products(words)
		own := slices.DeleteFunc(slices.Clone(found), func(x *orders.Product) bool {
			return !slices.ContainsFunc(wanted, func(r orders.CountRow) bool { return r.Product == x.Code })
		})
		switch {
		case len(own) == 1:
			return own[0]
		case len(own) == 0 && len(found) == 1:
			return found[0]
		}
		return nil
	}
	for i := len(tokens) - 1; i > 0; i-- {
		m := countHow.FindStringSubmatch(tokens[i])
		if m == nil || i < len(tokens)-2 {
			continue
		}
		unit := m[2]
		if i == len(tokens)-2 { // 20 盒
			if unit != "" {
				continue
			}
			unit = tokens[i+1]
		}
		if p := find(tokens[:i]); p != nil {
			return p, m[1], unit
		}
	}
	return find(tokens), "", ""
}

// otherCarrier takes the reason for another carrier off what 发货 was said with.
func otherCarrier(arg string) (rest, reason string) {
	if m := whyOther.FindStringSubmatchIndex(arg); m != nil {
		return strings.Trim(arg[:m[0]], edges), strings.Trim(arg[m[2]:m[3]], edges)
	}
	return arg, ""
}

// promised names the carrier that was promised, where another one is refused.
func promised(err error, o *orders.Order, waybill string) error {
	if !errors.Is(err, orders.ErrOtherCarrier) {
		return err
	}
	return cards.OtherCarrier(o, waybill)
}
