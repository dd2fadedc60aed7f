package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/logistics"
)

// The kinds of cards about returns.
const (
	KindReturnCard     = "return.card"     // cause, signature
	KindReturnApproval = "return.approval" // of finance
	KindReturnGoods    = "return.goods"    // of the warehouse
	kindReturnDocument = "return.document"
)

// returnVerb is what a sentence about a return asks for.
type returnVerb string

const (
	returnAsk    returnVerb = "ask"
	returnList   returnVerb = "list"
	returnCause  returnVerb = "cause"
	returnSign   returnVerb = "sign"
	returnDrop   returnVerb = "drop"
	returnPass   returnVerb = "pass"
	returnRefuse returnVerb = "refuse"
	returnTake   returnVerb = "take"
	returnSend   returnVerb = "send"
	returnPay    returnVerb = "pay"
	returnProof  returnVerb = "proof"
	returnWrong  returnVerb = "wrong"  // 这单错了
	returnReport returnVerb = "report" // 退换报表
)

// returnWords begin a sentence about a return of a known number, those about an order's returns behind them.
var (
	returnWords = []struct {
		word string
		verb returnVerb
	}{
		{"退货入库", returnTake},
		{"换货入库", returnTake},
		{"维修入库", returnTake},
		{"退货验收", returnTake},
		{"验收", returnTake},
		{"入库", returnTake},
		{"换货发出", returnSend},
		{"维修发出", returnSend},
		{"发出", returnSend},
		{"发货", returnSend},
		{"改退款", returnPay},
		{"凭证", returnProof},
		{"单据", returnProof},
		{"签字", returnSign},
		{"签名", returnSign},
		{"签章", returnSign},
		{"原因", returnCause},
		{"撤回", returnDrop},
		{"取消", returnDrop},
		{"不退了", returnDrop},
		{"不同意", returnRefuse},
		{"驳回", returnRefuse},
		{"拒绝", returnRefuse},
		{"同意", returnPass},
		{"通过", returnPass},
		{"批准", returnPass},
		{"进度", returnList},
	}
	kindWords = []struct {
		word string
		kind orders.ReturnKind
	}{
		{"退换货", orders.ReturnGoods},
		{"退货", orders.ReturnGoods},
		{"换货", orders.ReturnExchange},
		{"维修", orders.ReturnRepair},
		{"维保", orders.ReturnRepair},
		{"返修", orders.ReturnRepair},
		{"退款", orders.ReturnMoney},
	}
)

// returnCommand is a sentence about a return.
type returnCommand struct {
	verb  returnVerb
	id    orders.ReturnID // empty: of order
	order orders.OrderID
	kind  orders.ReturnKind // of an ask; empty: as before
	words string            // what is left
}

// parseReturn finds what a text says of returns; its verb is empty where it says nothing of any.
func parseReturn(text string) returnCommand {
	text = strings.Trim(norm.NFKC.String(invisible.Replace(text)), edges)
	if len(text) > 900 {
		return returnCommand{}
	}
	if ids, rest := orders.FindReturnIDs(text); len(ids) == 1 {
		rest = strings.Trim(rest, edges)
		order, _ := ids[0].Order()
		c := returnCommand{verb: returnAsk, id: ids[0], order: order, words: rest}
		if rest == "" || asksWhether.MatchString(rest) || asksProgress(rest) {
			c.verb = returnList
		}
		for _, w := range returnWords {
			if after, ok := strings.CutPrefix(rest, w.word); ok {
				c.verb, c.words = w.verb, strings.Trim(after, edges)
				if whether.MatchString(after) || c.words != "" && asksWhether.MatchString(c.words) { // 撤回了吗
					c.verb = returnList
				}
				break
			}
		}
		return c
	}
	if m := reportWords.FindStringSubmatch(text); m != nil {
		return returnCommand{verb: returnReport, words: m[1]}
	}
	ids, rest := orders.FindOrderIDs(text)
	rest = strings.Trim(rest, edges)
	if m := wrongWords.FindStringSubmatch(rest); m != nil && len(ids) <= 1 && (len(ids) == 1 || m[1] != "") {
		c := returnCommand{verb: returnWrong, words: strings.Trim(m[2], edges)}
		if len(ids) == 1 {
			c.order = ids[0]
		}
		return c
	}
	if len(ids) != 1 {
		return returnCommand{}
	}
	for _, w := range kindWords {
		after, ok := strings.CutPrefix(rest, w.word)
		switch {
		case !ok || otherThings.MatchString(after):
		case asksWhether.MatchString(after) && after != "", asksProgress(after), strings.HasPrefix(after, "进度"), strings.HasPrefix(after, "记录"):
			return returnCommand{verb: returnList, order: ids[0]}
		default:
			return returnCommand{verb: returnAsk, order: ids[0], kind: w.kind, words: strings.Trim(after, edges)}
		}
	}
	if rest == "退换" {
		return returnCommand{verb: returnList, order: ids[0]}
	}
	return returnCommand{}
}

var (
	reportWords = regexp.MustCompile(`^(?:退换货?|纠错)(?:报表|统计|月报)\s*((?:本月|这个月|上月|上个月|(?:\d{4}年)?\d{1,2}月)?)$`)
	// wrongWords say that an order is wrong; without its number they have to say which (这单).
	wrongWords = regexp.MustCompile(`^(这单|这张单|这个订单|这一单)?(?:订单|单子)?(?:有|搞|下|做|发)?错(?:了|单)?(?:$|[\s,，。:：!]+)(.*)$`)
	// otherThings fits what follows in words that only begin like those of returns: 换货架, 维修车间.
	otherThings = regexp.MustCompile(`^(?:架|柜|车|梯|率|费|政策|流程|规定|地址|周期|期限|工具|手册|站|厂|单(?:据|号|子|\s|$))`)
	// howFar fits questions how far something is.
	howFar = regexp.MustCompile(`多久|什么时候|啥时候|何时|几天|哪一步|到哪|怎么样了|咋样了|进展|(?:到账|到了|收到|退了|换了|修好|好了|办|处理|批|发出|寄出|发货).{0,6}(?:吗|没|么|\?)`)
	// whether fits what makes a question of the verb in front of it.
	whether   = regexp.MustCompile(`^(?:了吗|了没|了么|吗|么)`)
	bareCount = regexp.MustCompile(`\d`)
)

// asksProgress tells whether words ask how far a return is, and name neither goods by number nor a cause.
func asksProgress(words string) bool {
	return howFar.MatchString(words) && !bareCount.MatchString(words) && causeIn(words) == ""
}

// returnInWords does what a sentence says of a return. It returns false where it says nothing of any.
func (s *session) returnInWords(ctx context.Context, tx Tx) (bool, error) {
	c := parseReturn(s.texts())
	if c.verb == "" || !s.person.known() {
		return false, nil
	}
	if s.kept != nil {
		if err := s.keep(ctx, tx); err != nil {
			return true, err
		}
	}
	if c.verb == returnReport {
		return s.returnReport(ctx, c.words)
	}
	order, no := c.order, 0
	if c.verb == returnWrong && order == "" {
		if len(s.talk.Orders) > 0 || len(s.talk.Last) != 1 {
			return false, nil // a draft, or nobody knows which
		}
		order = s.talk.Last[0]
	}
	if c.id != "" {
		order, no = c.id.Order()
	}
	o, err := s.order(tx, order)
	if err != nil {
		return true, err
	}
	if c.id != "" && o.Return(no) == nil {
		return true, orders.Errorf(orders.CodeNotFound, "没有 %s，发「退换 %s」看这一单办过哪些", c.id, order)
	}
	s.talk.Last = []orders.OrderID{o.ID}
	switch c.verb { //nolint:exhaustive // the report is no order's
	case returnWrong:
		if o.Status == orders.StatusDraft {
			return false, nil // a change in words
		}
		o, r, err := s.clerk.Desk.ReportWrong(tx, o.ID, causeIn(c.words), clipRunes(c.words, 100), s.signer(o))
		if err == nil {
			s.showReturn(o, r)
		}
		return true, err
	case returnAsk:
		if r := o.Return(no); c.id != "" && r.Kind == orders.ReturnTicket {
			return true, orders.Errorf(orders.CodeInvalid, "%s 是纠错工单。选原因请发「原因 %s 发错型号」", c.id, c.id)
		}
		if c.id != "" && strings.Trim(c.words, edges) != "" && saysWhat(c.words) && s.kept != nil {
			return true, nil // it named the files
		}
		kind := c.kind
		if r := o.Return(no); c.id != "" {
			if kind = r.Kind; r.Status != orders.ReturnAsked {
				return true, orders.Errorf(orders.CodeConflict, "%s 现在是「%s」，不能再改。发「退换 %s」看进度", c.id, r.Status, order)
			}
		}
		return true, s.askReturn(tx, o, kind, c.words, o.Return(no), c.id != "")
	case returnList:
		s.send(cards.Returns(o, s.seesMoney()), "reply", o.ID)
		return true, nil
	case returnProof:
		if !s.seesMoney() {
			return true, orders.Errorf(orders.CodeDenied, "凭证上有金额，您没有权限看")
		}
		for _, m := range cards.Voucher(o, o.Return(no), s.seesAccount(o, o.Return(no))) {
			s.send(m, kindReturnDocument, o.ID)
		}
		return true, nil
	case returnCause:
		if r := o.Return(no); c.words == "" && r.Status == orders.ReturnAsked {
			if o, err = s.ownReturn(tx, o.ID, no); err == nil {
				s.showReturn(o, r)
			}
			return true, err
		}
		cause := causeIn(c.words)
		if cause == "" {
			cause = orders.CauseOther
		}
		return true, s.setCause(tx, o.ID, no, cause, c.words)
	case returnSign:
		return true, s.signReturn(tx, o.ID, no, c.words)
	case returnDrop:
		return true, s.dropReturn(tx, o.ID, no, c.words)
	case returnPass, returnRefuse:
		if s.person.staff == nil {
			return true, orders.Errorf(orders.CodeDenied, "%s 由我们审批，会尽快办好。不退了请回复「撤回 %s」", c.id, c.id)
		}
		if c.verb == returnPass && c.words != "" {
			return true, orders.Errorf(orders.CodeInvalid, "%s 还没有审批。同意请只回复「同意 %s」，不同意请回复「驳回 %s 原因」", c.id, c.id, c.id)
		}
		return true, s.decideReturn(tx, o.ID, no, c.verb == returnPass, c.words)
	case returnTake:
		return true, s.takeReturn(ctx, tx, o.ID, no, c.words)
	case returnSend:
		return true, s.sendReturn(ctx, tx, o.ID, no, c.words)
	case returnPay:
		if c.words != "" {
			return true, orders.Errorf(orders.CodeInvalid, "没有改动。要改成退款请只回复「改退款 %s」", c.id)
		}
		_, r, err := s.clerk.Desk.PayReturn(tx, o.ID, no, s.person.actor())
		if err == nil {
			s.say(fmt.Sprintf("%s 已改成退款，退回 %s。", c.id, r.Credited))
		}
		return true, err
	}
	return false, nil
}

// seesMoney tells whether the person may see amounts: customers see their own.
func (s *session) seesMoney() bool {
	return s.person.staff == nil || s.person.staff.May(orders.RightPrices) == orders.ScopeAll
}

// seesAccount tells whether the person may see the account with which a return was signed: who has signed it, and who may bind the
// accounts of the order's customer.
func (s *session) seesAccount(o *orders.Order, r *orders.Return) bool {
	if g := r.Signature; g != nil && g.Platform == s.in.Platform && g.Account == s.in.Sender {
		return true
	}
	switch s.person.staff.May(orders.RightBind) {
	case orders.ScopeAll:
		return true
	case orders.ScopeOwn:
		return s.books.Catalog.Customer(o.Customer) != nil && s.mayBind(s.books.Catalog.Customer(o.Customer)) == nil
	default:
		return false
	}
}

// signer is the person as a signature names them.
func (s *session) signer(o *orders.Order) orders.Actor {
	by := s.person.actor()
	if by.Staff == nil {
		by.Code, by.Name = string(o.Customer), o.CustomerName
	}
	return by
}

// kindOf is what a wish in words is for.
func kindOf(text string) orders.ReturnKind {
	switch {
	case regexp.MustCompile(`换`).MatchString(text) && !strings.Contains(text, "退换"):
		return orders.ReturnExchange
	case regexp.MustCompile(`维修|维保|保养|返修|修一|修理|报修`).MatchString(text):
		return orders.ReturnRepair
	case regexp.MustCompile(`退款|退钱`).MatchString(text) && !strings.Contains(text, "退货"):
		return orders.ReturnMoney
	default:
		return orders.ReturnGoods
	}
}

// causes are the words by which a cause is known.
var causes = []struct {
	cause orders.Cause
	words *regexp.Regexp
}{
	{orders.CauseModel, regexp.MustCompile(`型号|发错|错发|送错|拿错|规格不对|不是.{0,6}(?:要|订)的|货不对`)},
	{orders.CauseKit, regexp.MustCompile(`配件|少发|漏发|缺件|少了|少件|附件包|漏装`)},
	{orders.CausePrice, regexp.MustCompile(`价格|价钱|条款|单价|报价|金额不对|贵了`)},
	{orders.CauseQuality, regexp.MustCompile(`质量|坏|破|漏|损|裂|故障|化了|变质|过期|发霉|不能用|用不了|开不了|不亮|瑕疵|脏`)},
}

// causeIn is the one cause that words name; empty where they name none, or several.
func causeIn(words string) orders.Cause {
	found := orders.Cause("")
	for _, c := range causes {
		if c.words.MatchString(words) {
			if found != "" {
				return ""
			}
			found = c.cause
		}
	}
	if found == "" && strings.TrimSpace(words) == orders.CauseOther.String() {
		return orders.CauseOther
	}
	return found
}

var (
	returnAmount = regexp.MustCompile(`([\d.,]+|[零一二两三四五六七八九十百千万半]+)(\s*)(\p{Han}{1,4}|[A-Za-z]{1,6})?`)
	returnLineNo = regexp.MustCompile(`第\s*(\d{1,3}|[一二三四五六七八九十])\s*行`)
	returnParts  = regexp.MustCompile(`[,，;；、。\n]+|\s和\s`)
	// staysThere fits what is said of goods that are not to come back.
	staysThere = regexp.MustCompile(`不(?:用|要|需要?|想|必)?(?:退|换|修)|留[下着用]|保留|除外|除了|没有?问题|(?:正常|完好)的?$`)
	// several fits what joins goods; amountsOfMoney fits 100元.
	several        = regexp.MustCompile(`[各和及与跟都]|全部`)
	amountsOfMoney = regexp.MustCompile(`\d\s*(?:元|块|万)|¥\s*\d`)
)

// returnable reads from words which goods of an order are meant, and how many, and which are said to stay; none where they name none.
// An error says what is not clear.
func (s *session) returnable(o *orders.Order, kind orders.ReturnKind, words string) (out []orders.ReturnLine, stay []orders.ProductCode, err error) {
	for _, part := range returnParts.Split(norm.NFKC.String(words), -1) {
		for _, c := range orders.Causes {
			part = strings.ReplaceAll(part, c.String(), " ")
		}
		l, rest, err := s.lineIn(o, part)
		switch {
		case err != nil:
			return nil, nil, err
		case l == nil && (kind == orders.ReturnMoney && amountsOfMoney.MatchString(part) || s.counts(o, part)):
			return nil, nil, orders.Errorf(orders.CodeInvalid, "「%s」是哪种货没看懂，没有登记。请写品名和数量，例如「%s %s %s 1%s」", strings.TrimSpace(part), kind, o.ID, o.Lines[0].Name, o.Lines[0].Unit)
		case l == nil:
			continue
		case staysThere.MatchString(rest):
			stay = append(stay, l.Product)
			continue
		}
		n, ok := amountIn(s.books.Catalog, l, rest)
		switch {
		case !ok && bareCount.MatchString(rest):
			return nil, nil, orders.Errorf(orders.CodeInvalid, "%s 的数量没看懂，请写成「%s 3%s」", l.Name, l.Name, l.Unit)
		case !ok:
			n = o.Returnable(l)
		}
		out = append(out, orders.ReturnLine{Line: l.No, Quantity: n})
	}
	return out, stay, nil
}

// counts tells whether a part of a sentence has a number of a unit in which one of the order's goods is counted.
func (s *session) counts(o *orders.Order, part string) bool {
	for _, m := range returnAmount.FindAllStringSubmatch(part, -1) {
		for i := range o.Lines {
			if _, ok := unitIn(s.books.Catalog, &o.Lines[i], m[3]); ok {
				return true
			}
		}
	}
	return false
}

// withoutGoods takes the names of an order's goods out of words: a 漏斗 is no cause.
func (s *session) withoutGoods(o *orders.Order, words string) string {
	words = strings.ToLower(norm.NFKC.String(words))
	for i := range o.Lines {
		if at := s.nameIn(&o.Lines[i], words); at != "" {
			words = strings.ReplaceAll(words, at, " ")
		}
	}
	return words
}

// nameIn is the longest piece, of two characters and more, of a line's names that stands in text; it is in lower case, as text has to be.
func (s *session) nameIn(l *orders.Line, text string) (best string) {
	names := []string{string(l.Product), l.Name, l.Name + l.Spec, l.Name + " " + l.Spec}
	if p := s.books.Catalog.Product(l.Product); p != nil {
		names = append(names, p.Aliases...)
	}
	for _, name := range names {
		if at := longestCommon(strings.ToLower(norm.NFKC.String(name)), text); utf8.RuneCountInString(at) > max(1, utf8.RuneCountInString(best)) {
			best = at
		}
	}
	return best
}

// lineIn finds the line of an order that a part of a sentence is about, and what is left of the part; nil where there is none.
func (s *session) lineIn(o *orders.Order, part string) (*orders.Line, string, error) {
	if m := returnLineNo.FindStringSubmatch(part); m != nil {
		n, _ := intake.Amount(m[1])
		i := int(n.IntPart()) - 1
		if i < 0 || i >= len(o.Lines) {
			return nil, "", orders.Errorf(orders.CodeInvalid, "%s 没有第 %s 行，共 %d 行", o.ID, m[1], len(o.Lines))
		}
		return &o.Lines[i], strings.Replace(part, m[0], "", 1), nil
	}
	lower := strings.ToLower(part)
	best, rest := 0, ""
	var found []*orders.Line
	for i := range o.Lines {
		l := &o.Lines[i]
		at := s.nameIn(l, lower)
		score, without := utf8.RuneCountInString(at), strings.Replace(lower, at, " ", 1)
		switch {
		case score < 2:
		case score > best:
			best, rest, found = score, without, []*orders.Line{l}
		case score == best:
			found = append(found, l)
		}
	}
	if len(found) > 1 {
		for _, l := range found[1:] {
			if l.Product != found[0].Product {
				rows := make([]string, len(found))
				for i, l := range found {
					rows[i] = fmt.Sprintf("第%d行 %s %s", slices.IndexFunc(o.Lines, func(x orders.Line) bool { return x.No == l.No })+1, l.Name, l.Spec)
				}
				return nil, "", orders.Errorf(orders.CodeInvalid, "「%s」是哪一行？请写「退货 %s 第1行 数量」：\n%s", strings.TrimSpace(part), o.ID, strings.Join(rows, "\n"))
			}
		}
	}
	if len(found) > 0 && (several.MatchString(rest) || len(returnAmount.FindAllString(rest, 2)) > 1) {
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Product != found[0].Product && s.nameIn(l, rest) != "" {
				return nil, "", orders.Errorf(orders.CodeInvalid, "「%s」里有几种货，请用逗号隔开，各写品名和数量。没有登记", strings.TrimSpace(part))
			}
		}
	}
	switch {
	case len(found) > 0:
		return found[0], rest, nil
	case len(o.Lines) == 1 && returnAmount.MatchString(part):
		if _, ok := amountIn(s.books.Catalog, &o.Lines[0], part); ok {
			return &o.Lines[0], part, nil
		}
	}
	return nil, "", nil
}

// longestCommon is the longest piece of name that stands in text: all of a name counts, else two characters and more of its end or
// beginning.
func longestCommon(name, text string) string {
	r := []rune(name)
	for n := len(r); n >= 2; n-- {
		for i := 0; i+n <= len(r); i++ {
			piece := string(r[i : i+n])
			if strings.Contains(text, piece) && strings.TrimSpace(piece) == piece && !returnAmount.MatchString(piece) {
				return piece
			}
			if strings.Contains(text, piece) && n == len(r) {
				return piece
			}
		}
	}
	return ""
}

// amountIn reads an amount of a line's goods, in base units.
func amountIn(cat *orders.Catalog, l *orders.Line, words string) (orders.Quantity, bool) {
	for _, m := range returnAmount.FindAllStringSubmatch(words, -1) {
		n, ok := intake.Amount(strings.ReplaceAll(m[1], ",", ""))
		if !ok || !n.IsPositive() {
			continue
		}
		size, ok := unitIn(cat, l, m[3])
		switch {
		case ok:
			return n.Mul(size).Round(6), true
		case m[3] == "" || m[2] != "": // 3 坏了
			return n.Mul(l.Base).DivRound(l.Quantity, 6), l.Quantity.IsPositive()
		}
	}
	return decimal.Zero, false
}

// unitIn is how many base units the unit has with which a word begins: 箱坏了, but not 个月.
func unitIn(cat *orders.Catalog, l *orders.Line, word string) (orders.Quantity, bool) {
	if strings.HasPrefix(word, "个月") {
		return decimal.Zero, false
	}
	p := cat.Product(l.Product)
	for r := []rune(word); len(r) > 0; r = r[:len(r)-1] {
		switch unit := string(r); {
		case strings.EqualFold(unit, l.Unit) && l.Quantity.IsPositive():
			return l.Base.Div(l.Quantity), true
		case strings.EqualFold(unit, l.BaseUnit):
			return decimal.NewFromInt(1), true
		case p != nil:
			if size, ok := p.UnitSize(unit); ok {
				return size, true
			}
		}
		if r[0] < utf8.RuneSelf { // a word of letters is one unit
			break
		}
	}
	return decimal.Zero, false
}

// askReturn notes what somebody wants for goods that were sent, and shows it: to be signed, or first for its cause. last is one that
// the words change; isChange tells that they do.
func (s *session) askReturn(tx Tx, o *orders.Order, kind orders.ReturnKind, words string, last *orders.Return, isChange bool) error {
	if _, err := s.ownOrder(tx, o.ID); err != nil {
		return err
	}
	if err := o.MayReturn(); err != nil {
		return err
	}
	r := orders.Return{Kind: kind, Cause: causeIn(s.withoutGoods(o, words))}
	lines, stay, err := s.returnable(o, kind, words)
	if err != nil {
		return err
	}
	if r.Lines = lines; len(lines) == 0 && len(stay) > 0 {
		if r.Lines = s.allBut(o, last, stay); len(r.Lines) == 0 {
			return orders.Errorf(orders.CodeInvalid, "没有看到要退的货，没有登记。请写「%s %s 品名 数量」", kind, o.ID)
		}
	}
	isWhole := len(r.Lines) == 0 && !isChange && len(o.Lines) > 1
	if r.Cause != "" {
		r.Note = clipRunes(strings.Trim(strings.ReplaceAll(words, r.Cause.String(), ""), edges), 100)
	}
	if isChange {
		if len(r.Lines) == 0 && r.Cause == "" {
			return orders.Errorf(orders.CodeInvalid, "%s 里没有看到要退的货，请写「%s 品名 数量」", o.ID.Return(last.No), o.ID.Return(last.No))
		}
		if len(r.Lines) == 0 {
			r.Lines = last.Lines
		}
		if r.Cause == "" {
			r.Cause, r.Note = last.Cause, last.Note
		}
	}
	o, made, err := s.clerk.Desk.AskReturn(tx, o.ID, r, s.signer(o))
	if err != nil {
		return err
	}
	id := o.ID.Return(made.No)
	s.talk.Attach = &attaching{Order: o.ID, By: s.in.Sender, Until: s.now.Add(attachTime), Note: string(id) + " 照片"}
	if isWhole {
		s.say(fmt.Sprintf("没写是哪些货，按整单登记。只退一部分请回复「%s 品名 数量」。", id))
	}
	s.say(fmt.Sprintf("已登记%s申请 %s，签字后生效。有照片现在直接发来，会收在这一单里。", made.Kind, id))
	s.showReturn(o, made)
	return nil
}

// allBut are the goods of a return, or all that can still come back of an order, but those that stay.
func (s *session) allBut(o *orders.Order, last *orders.Return, stay []orders.ProductCode) (out []orders.ReturnLine) {
	if last != nil && last.Status == orders.ReturnAsked {
		out = slices.Clone(last.Lines)
		return slices.DeleteFunc(out, func(l orders.ReturnLine) bool { return slices.Contains(stay, l.Product) })
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; !slices.Contains(stay, l.Product) && o.Returnable(l).IsPositive() {
			out = append(out, orders.ReturnLine{Line: l.No, Quantity: o.Returnable(l)})
		}
	}
	return out
}

// showReturn shows a return that is not signed.
func (s *session) showReturn(o *orders.Order, r *orders.Return) {
	if s.person.staff == nil {
		s.send(cards.ReturnLetter(s.clerk.Signer, o, r), KindReturnCard, o.ID)
		return
	}
	for _, m := range cards.ReturnForm(s.clerk.Signer, o, r) {
		kind := kindReturnDocument
		if m.Card != nil {
			kind = KindReturnCard
		}
		s.send(m, kind, o.ID)
	}
}

// ownReturn loads an order with a return that the person may say the cause of: whoever has reported that an order is wrong may.
func (s *session) ownReturn(tx Tx, id orders.OrderID, no int) (*orders.Order, error) {
	o, err := s.order(tx, id)
	if err == nil {
		if r := o.Return(no); r != nil && r.Kind == orders.ReturnTicket && s.person.staff != nil && r.By == string(s.person.staff.Code) {
			return o, nil
		}
	}
	return s.ownOrder(tx, id)
}

func (s *session) setCause(tx Tx, id orders.OrderID, no int, cause orders.Cause, note string) error {
	if _, err := s.ownReturn(tx, id, no); err != nil {
		return err
	}
	if strings.TrimSpace(note) == cause.String() {
		note = ""
	}
	o, r, err := s.clerk.Desk.SetCause(tx, id, no, cause, clipRunes(note, 100), s.person.actor())
	if err != nil {
		return err
	}
	s.showReturn(o, r)
	return nil
}

func (s *session) signReturn(tx Tx, id orders.OrderID, no int, mark string) error {
	o, err := s.ownOrder(tx, id)
	if err != nil {
		return err
	}
	if r := o.Return(no); mark == "" && r != nil && r.Status == orders.ReturnAsked { // they have to see what they sign
		s.showReturn(o, r)
		return nil
	}
	o, r, err := s.clerk.Desk.SignReturn(tx, id, no, mark, s.in.Sender, s.signer(o))
	if err != nil {
		return err
	}
	next := "请把货退回，仓库会验收。"
	if r.Status == orders.ReturnWaiting {
		next = "接下来由" + r.Node.Who() + "审批。"
	}
	s.say(fmt.Sprintf("已签字 %s，时间 %s，SHA-256 %s。%s", o.ID.Return(r.No), r.Signature.At.In(s.clerk.Location).Format("2006-01-02 15:04:05"), r.Signature.Digest, next))
	return nil
}

// dropReturn withdraws a return.
func (s *session) dropReturn(tx Tx, id orders.OrderID, no int, why string) error {
	if _, err := s.ownReturn(tx, id, no); err != nil {
		return err
	}
	o, r, err := s.clerk.Desk.DropReturn(tx, id, no, false, clipRunes(why, 200), s.person.actor())
	if err != nil {
		return err
	}
	s.talk.Attach = nil
	s.say(fmt.Sprintf("已撤回 %s，订单现在是「%s」。", o.ID.Return(r.No), o.Status))
	return nil
}

// decideReturn is finance's decision, or, before goods have come, the refusal by who answers for the order.
func (s *session) decideReturn(tx Tx, id orders.OrderID, no int, approve bool, why string) error {
	o, err := s.order(tx, id)
	if err != nil {
		return err
	}
	r := o.Return(no)
	if r != nil && !approve && r.Status == orders.ReturnExpected {
		if _, err := s.ownOrder(tx, id); err != nil {
			return err
		}
		o, r, err = s.clerk.Desk.DropReturn(tx, id, no, true, clipRunes(why, 200), s.person.actor())
	} else {
		o, r, err = s.clerk.Desk.DecideReturn(tx, id, no, approve, clipRunes(why, 200), s.person.actor())
	}
	if err != nil {
		return err
	}
	text := "已同意 " + string(o.ID.Return(r.No)) + "，等货退回，仓库会收到通知。"
	switch {
	case !approve:
		text = fmt.Sprintf("已驳回 %s，原因：%s。", o.ID.Return(r.No), r.Reason)
	case r.Status == orders.ReturnDone:
		text = fmt.Sprintf("已同意 %s，退回 %s。", o.ID.Return(r.No), r.Credited)
	}
	s.say(text)
	return nil
}

var (
	goodWords = regexp.MustCompile(`(?:良品|完好|合格|好的)\s*([\d.,]+|[一二两三四五六七八九十百半]+)?\s*(\p{Han}{1,2}|[A-Za-z]{1,4})?`)
	badWords  = regexp.MustCompile(`(?:不良品?|不合格|坏的|残次品?|破损)\s*([\d.,]+|[一二两三四五六七八九十百半]+)?\s*(\p{Han}{1,2}|[A-Za-z]{1,4})?`)
	allWords  = regexp.MustCompile(`全部|都|全`)
	lotWords  = regexp.MustCompile(`(?:批号|批次|序列号|SN)[:： ]*([0-9A-Za-z_./-]+(?:[ ,、]+[0-9A-Za-z_./-]*\d[0-9A-Za-z_./-]*)*)`)
)

// inspected reads what the warehouse found of the goods of a return: 全部良品, or 口罩 良品 5箱 不良 1箱；手套 良品 2盒.
func (s *session) inspected(o *orders.Order, r *orders.Return, words string) ([]orders.Inspected, error) {
	unclear := orders.Errorf(orders.CodeInvalid, "请写清良品和不良各多少，例如「退货入库 %s 全部良品」「退货入库 %s 良品 5 不良 1」，几种货用分号隔开写上品名。没有入库", o.ID.Return(r.No), o.ID.Return(r.No))
	var out []orders.Inspected
	goods := &orders.Order{ID: o.ID} // as the document numbers them
	for _, l := range r.Lines {
		goods.Lines = append(goods.Lines, o.Lines[slices.IndexFunc(o.Lines, func(x orders.Line) bool { return x.No == l.Line })])
	}
	goods.Lines = append(goods.Lines, orders.Line{No: -1}) // a number alone names none
	parts := regexp.MustCompile(`[;；\n]+`).Split(norm.NFKC.String(words), -1)
	for _, part := range parts {
		if strings.TrimSpace(part) == "" {
			continue
		}
		var lots []string
		if m := lotWords.FindStringSubmatch(part); m != nil {
			lots = strings.FieldsFunc(m[1], func(c rune) bool { return strings.ContainsRune(" ,、", c) })
			part = strings.Replace(part, m[0], " ", 1)
		}
		bad := badWords.FindStringSubmatch(part)
		without := part
		if bad != nil {
			without = strings.Replace(part, bad[0], " ", 1)
		}
		good := goodWords.FindStringSubmatch(without)
		if good != nil {
			without = strings.Replace(without, good[0], " ", 1)
		}
		if good == nil && bad == nil {
			return nil, unclear
		}
		for _, words := range []*regexp.Regexp{goodWords, badWords} { // 不良 1 破损 1
			if more := words.FindStringSubmatch(without); more != nil && more[1] != "" {
				return nil, unclear
			}
		}
		var of []orders.ReturnLine
		named, _, err := s.lineIn(goods, without)
		if err != nil {
			return nil, unclear
		}
		if named != nil && named.No < 0 {
			return nil, unclear
		}
		for _, l := range r.Lines {
			if named != nil && (l.Line == named.No || l.Product == named.Product && !returnLineNo.MatchString(without)) {
				of = append(of, l)
			}
		}
		if len(of) == 0 {
			of = r.Lines
		}
		amount := func(l *orders.ReturnLine, m []string, isOnly bool) (orders.Quantity, bool) {
			switch {
			case m == nil:
				return decimal.Zero, true
			case m[1] == "":
				return l.Quantity, isOnly
			}
			if n, ok := intake.Amount(m[1]); ok && n.IsZero() {
				return n, true
			}
			at := slices.IndexFunc(o.Lines, func(x orders.Line) bool { return x.No == l.Line })
			return amountIn(s.books.Catalog, &o.Lines[at], m[1]+m[2])
		}
		for i := range of {
			g, ok := amount(&of[i], good, bad == nil)
			b, too := amount(&of[i], bad, good == nil)
			counted := good != nil && good[1] != "" || bad != nil && bad[1] != ""
			if !ok || !too || len(of) > 1 && (counted || !allWords.MatchString(part)) {
				return nil, unclear
			}
			out = append(out, orders.Inspected{Line: of[i].Line, Good: g, Bad: b, Lots: lots})
		}
	}
	if out == nil {
		return nil, unclear
	}
	return out, nil
}

// takeReturn takes goods in that come back.
func (s *session) takeReturn(ctx context.Context, tx Tx, id orders.OrderID, no int, words string) error {
	o, err := s.order(tx, id)
	if err != nil {
		return err
	}
	if s.person.staff.May(orders.RightStocktake) != orders.ScopeAll {
		return orders.Errorf(orders.CodeDenied, "退回的货由仓库验收，您没有这个权限，没有改动")
	}
	said := ""
	tokens := strings.Fields(norm.NFKC.String(words))
	tokens = slices.DeleteFunc(tokens, func(t string) bool {
		if said == "" && goodsStore.MatchString(t) {
			said = t
			return true
		}
		return false
	})
	warehouse, err := s.store(ctx, said)
	if err != nil {
		return err
	}
	found, err := s.inspected(o, o.Return(no), strings.Join(tokens, " "))
	if err != nil {
		return err
	}
	o, r, err := s.clerk.Desk.ReceiveReturn(tx, id, no, found, warehouse, s.person.actor())
	if err != nil {
		return err
	}
	var rows []string
	for i := range r.Lines {
		l := &r.Lines[i]
		rows = append(rows, fmt.Sprintf("%s 良品 %s%s，不良 %s%s", l.Name, l.Good, l.Unit, l.Bad, l.Unit))
	}
	text := fmt.Sprintf("已验收 %s：%s。良品进%s，不良品不进库存。", o.ID.Return(r.No), strings.Join(rows, "；"), warehouse)
	if r.Kind == orders.ReturnRepair {
		text = fmt.Sprintf("已验收 %s：%s。", o.ID.Return(r.No), strings.Join(rows, "；"))
	}
	if r.Status == orders.ReturnReceived {
		text += fmt.Sprintf("发出时请发「发出 %s 运单号」。", o.ID.Return(r.No))
	}
	s.say(text)
	return nil
}

// sendReturn sends out what a return calls for: 发出 TH…-1 SF1234567890123 东仓.
func (s *session) sendReturn(ctx context.Context, tx Tx, id orders.OrderID, no int, words string) error {
	if _, err := s.order(tx, id); err != nil {
		return err
	}
	if s.person.staff.May(orders.RightShip) != orders.ScopeAll {
		return orders.Errorf(orders.CodeDenied, "换货和修好的货由仓库发出，您没有这个权限，没有改动")
	}
	said := ""
	tokens := slices.DeleteFunc(strings.Fields(norm.NFKC.String(words)), func(t string) bool {
		if said == "" && goodsStore.MatchString(t) {
			said = t
			return true
		}
		return false
	})
	w := logistics.Read(strings.Join(tokens, " "))
	if w.Question != "" && (w.Carrier == "" || w.Number == "" || !strings.Contains(words, "没错")) {
		return orders.Errorf(orders.CodeInvalid, "%s", w.Question)
	}
	warehouse, err := s.store(ctx, said)
	if err != nil {
		return err
	}
	o, r, err := s.clerk.Desk.SendReturn(tx, id, no, strings.TrimSpace(logistics.Name(w.Carrier)+" "+w.Number), warehouse, s.person.actor())
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("已发出 %s：%s。业务员和客户会收到通知。", o.ID.Return(r.No), r.Waybill))
	return nil
}

// pressReturn does what a button about a return asks for.
func (s *session) pressReturn(ctx context.Context, tx Tx, a cards.Action) error {
	switch a.Verb { //nolint:exhaustive // the others are not about returns
	case cards.SetCause:
		return s.setCause(tx, a.Order, a.Node, orders.Cause(a.Arg), "")
	case cards.SignReturn:
		return s.signReturn(tx, a.Order, a.Node, a.Arg)
	case cards.DropReturn:
		return s.dropReturn(tx, a.Order, a.Node, "")
	}
	if s.person.staff == nil {
		return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
	}
	switch {
	case a.Verb == cards.PassReturn:
		return s.decideReturn(tx, a.Order, a.Node, true, "")
	case a.Verb == cards.RefuseReturn:
		o, err := s.order(tx, a.Order)
		if err == nil && (o.Return(a.Node) == nil || o.Return(a.Node).Status != orders.ReturnWaiting) {
			return s.decideReturn(tx, a.Order, a.Node, true, "") // says how it stands
		}
		if err == nil {
			s.say(fmt.Sprintf("请回复「驳回 %s 原因」，例如「驳回 %s 超过退货期」。", a.Order.Return(a.Node), a.Order.Return(a.Node)))
		}
		return err
	case a.Arg == cards.AllBad:
		return s.takeReturn(ctx, tx, a.Order, a.Node, "全部不良")
	default:
		return s.takeReturn(ctx, tx, a.Order, a.Node, "全部良品")
	}
}

// settledReturn draws a card of a return anew; nil leaves it as it is.
func (s *session) settledReturn(o *orders.Order, a cards.Action) *cards.Card {
	r := o.Return(a.Node)
	if r == nil {
		return nil
	}
	switch cardKind(a) {
	case KindReturnCard:
		if a.Verb == cards.SetCause && r.Cause == "" || a.Verb == cards.SignReturn && r.Status == orders.ReturnAsked && r.Mark() == a.Arg ||
			a.Verb == cards.DropReturn && r.Status == orders.ReturnAsked {
			return nil
		}
		if r.Status == orders.ReturnAsked {
			c := cards.ReturnSettled(o, r, true).Card
			c.Settled = "请看新单据 " + r.Cause.String()
			return c
		}
	case KindReturnApproval:
		if r.Status == orders.ReturnWaiting {
			return nil
		}
	default:
		if r.Status == orders.ReturnExpected {
			return nil
		}
	}
	return cards.ReturnSettled(o, r, s.seesMoney() && cardKind(a) != KindReturnGoods).Card
}

// returnReport reports the returns and correction tickets of a month by cause, and what the wrong orders cost. It returns false where
// the words are no command for this person.
func (s *session) returnReport(ctx context.Context, words string) (bool, error) {
	if s.person.staff == nil {
		return false, nil
	}
	if !s.seesMoney() {
		return true, orders.Errorf(orders.CodeDenied, "报表上有金额，您没有权限看")
	}
	now := s.now.In(s.clerk.Location)
	from := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
	if strings.HasPrefix(words, "上") {
		from = from.AddDate(0, -1, 0)
	} else if year, month, ok := strings.Cut(words, "年"); ok || strings.HasSuffix(words, "月") && words[0] <= '9' {
		if !ok {
			year, month = "", words
		}
		m, _ := strconv.Atoi(strings.TrimSuffix(month, "月"))
		y, err := strconv.Atoi(year)
		if err != nil {
			y = now.Year()
		}
		if m < 1 || m > 12 {
			return true, orders.Errorf(orders.CodeInvalid, "没有 %s，例如「退换报表 3月」", words)
		}
		if from = time.Date(y, time.Month(m), 1, 0, 0, 0, 0, now.Location()); err != nil && from.After(now) {
			from = from.AddDate(-1, 0, 0)
		}
	}
	owner, whose := s.person.staff.Code, "您的订单"
	if s.person.staff.May(orders.RightView) == orders.ScopeAll {
		owner, whose = "", "全部订单"
	}
	f, err := s.clerk.Query.ReturnFigures(ctx, owner, from, from.AddDate(0, 1, 0))
	if err != nil {
		return true, err
	}
	rows, err := returnRows(&f, s.clerk.Desk.Returns.Cost, s.now)
	s.say(strings.Join(append([]string{fmt.Sprintf("%s退换 %s：下单 %d 单", from.Format("2006年1月"), whose, f.Orders)}, rows...), "\n"))
	return true, err
}

// returnRows are the rows of the report. A wrong order is one with a ticket, or with a return for a mistake of ours; it costs once.
func returnRows(f *orders.ReturnFigures, cost func(total, credited orders.Money) (orders.Money, error), now time.Time) ([]string, error) {
	byCause := func(ticket bool) (n int, words string) {
		count := make(map[orders.Cause]int)
		for _, c := range f.Cases {
			if (c.Kind == orders.ReturnTicket) == ticket && c.Cause != "" {
				count[c.Cause]++
				n++
			}
		}
		var out []string
		for _, c := range orders.Causes {
			if count[c] > 0 {
				out = append(out, fmt.Sprintf("%s %d", c, count[c]))
			}
		}
		return n, strings.Join(out, "、")
	}
	var rows []string
	row := func(format string, args ...any) { rows = append(rows, fmt.Sprintf(format, args...)) }
	if n, words := byCause(true); n > 0 {
		row("纠错工单 %d 张：%s", n, words)
	} else {
		row("纠错工单 0 张")
	}
	total, credited, wrong := make(map[orders.OrderID]orders.Money), make(map[orders.OrderID]orders.Money), make(map[orders.OrderID]bool)
	ours, done, late := make(map[orders.OrderID]bool), orders.Delays{}, 0
	var back orders.Money
	for _, c := range f.Cases {
		total[c.Order] = c.Total
		credited[c.Order] += c.Credited
		back += c.Credited
		if c.Kind == orders.ReturnTicket {
			wrong[c.Order] = true
			continue
		}
		if c.Cause.IsOurs() {
			ours[c.Order], wrong[c.Order] = true, true
		}
		end := c.DoneAt
		if c.Status == orders.ReturnDone {
			done.Add(c.Order, c.DoneAt.Sub(c.AskedAt))
		} else if end.IsZero() {
			end = now
		}
		if end.After(c.DueAt) {
			late++
		}
	}
	if n, words := byCause(false); n > 0 {
		row("退换货 %d 件：%s，退回 %s", n, words, back)
		row("办完 %d 件，平均 %s，超期 %d 件", done.Count, spent(done.Average().Seconds()), late)
	} else {
		row("退换货 0 件")
	}
	if f.Orders > 0 && len(ours) > 0 {
		row("因订单错误退换的订单 %d 单，占 %s", len(ours), percent(float64(len(ours))/float64(f.Orders)))
	}
	if cost == nil || len(wrong) == 0 {
		return rows, nil
	}
	var sum orders.Money
	for id := range wrong {
		m, err := cost(total[id], credited[id])
		if err != nil {
			return rows, err
		}
		sum += m
	}
	row("错单 %d 单，估计成本 %s", len(wrong), sum)
	return rows, nil
}
