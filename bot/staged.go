package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"orderbot/orders"
)

// Commands about what is delivered and paid for in parts.
const (
	cmdStages   verb = "stages"    // SO… 分期：…
	cmdNoStages verb = "no_stages" // SO… 不分期
	cmdPayNodes verb = "pay_nodes" // SO… 付款节点：…
	cmdRelease  verb = "release"   // SO… 款到发货
	cmdReceived verb = "received"  // 到款 SO… 5000
)

const (
	someNumber = `[一二两三四五六七八九十]|\d{1,2}`
	warranty   = `(?:质保|保修|质量保证)`
)

var (
	saysStages   = regexp.MustCompile(`^(?:分期|分(?:` + someNumber + `)期)(?:发货|交货|交付|送货)?(?:[: ,\n]+)(.*\d.*)$`)
	saysNoStages = regexp.MustCompile(`^(?:不分期|取消分期)[了吧]?$`)
	saysNodes    = regexp.MustCompile(`^(?:付款节点|付款计划|分期付款)[: ,\n]+(.*%.*)$`)
	saysRelease  = regexp.MustCompile(`^(?:(款到发货|先款后货|先付款后发货)|先发货后付款|先货后款)$`)
	saysReceived = regexp.MustCompile(`^到款[: ]*(\S.*)$`)
	payNumber    = regexp.MustCompile(`^[A-Z0-9][A-Z0-9._/-]{1,63}$`)

	// stageDay fits the day with which a stage begins, behind its number, where it has one.
	stageDay = regexp.MustCompile(`(?:^|[\s,;。、:])(?:第(?:` + someNumber + `)期[:, ]*)?(?:(\d{4})[-/.年])?(?:(\d{1,2})月(\d{1,2})[日号]?|(\d{1,2})[-/](\d{1,2})(?:[日号:, ]|$))(?:之?前)?[:, ]*`)
	dayAlone = regexp.MustCompile(`^(?:(\d{4})[-/.年])?(?:(\d{1,2})月(\d{1,2})[日号]?|(\d{1,2})[-/](\d{1,2}))之?前?$`)
	// stageRest fits what stands for all goods that are left, and shareWords a share of all lines.
	stageRest  = regexp.MustCompile(`^(?:剩下|其余|余下|剩余|其他)(?:的|全部|所有)*$`)
	shareWords = regexp.MustCompile(`^(\d{1,3}(?:\.\d{1,2})?) ?%$`)
	nodeWords  = regexp.MustCompile(`^(.*?)[: ]*(\d{1,3}(?:\.\d{1,2})?) ?%$`)
	nodeParts  = regexp.MustCompile(`[,;、\n]+`)
	nodeRest   = regexp.MustCompile(`^(.*?)(?:付|剩)?(?:其余|余款|剩余|余下)的?$`)
	ofStage    = regexp.MustCompile(`第 ?(` + someNumber + `) ?[期批]`)
	nodeSigned = regexp.MustCompile(`签|定金|订金|预付|首付|首款|下单`)
	nodeShips  = regexp.MustCompile(`(?:发货|出货|提货|发运)`)
	nodeAfter  = regexp.MustCompile(`(?:发货|出货|提货|发运|交货|送货)(?:完[成毕]?)?[之以]?后`) // there is no such moment: 到货 is the next
	nodeComes  = regexp.MustCompile(`到货|货到|收到货|送到|签收|验收|安装|调试|尾款|交付|收货`)
	// nodeKept fits the end of a warranty, with how long that is where it says so: 质保期满, 质保1年期满, 一年质保到期.
	nodeKept = regexp.MustCompile(`^(?:(` + someNumber + `|\d{3})个?(年|月|天))?` + warranty + `(?:金|期)?(?:满|为)?(?:(` + someNumber + `|\d{3})个?(年|月|天))?(?:期|之)?(?:满|届满|到期|结束)?(?:之?后)?$`)
	// nodeDelay fits what puts a payment off, or before its moment: 到货后30天. There are no such payments.
	nodeDelay = regexp.MustCompile(warranty + `|(?:` + someNumber + `) ?(?:个?工作日|天|个月|年)`)
	nodeAlone = regexp.MustCompile(`^第 ?(?:` + someNumber + `) ?[期批](?:的?货?款)?$`) // before that stage leaves
)

// parseStaged finds a command about what is delivered and paid for in parts: 「SO… 分期：…」, 「到款 SO… 5000」. The number and the word stand in
// front, so that no order that only names them is taken for one.
func parseStaged(text string) (command, bool) {
	text = strings.Trim(norm.NFKC.String(invisible.Replace(text)), edges)
	if len(text) > 3000 {
		return command{}, false
	}
	ids, rest := orders.FindOrderIDs(text)
	if len(ids) != 1 {
		return command{}, false
	}
	rest = strings.Trim(rest, edges)
	flat := strings.ReplaceAll(rest, "\n", ";")
	leads := !strings.HasPrefix(strings.ToUpper(text), "SO")
	find := func(v verb, re *regexp.Regexp) (command, bool) {
		m := re.FindStringSubmatch(flat)
		if m == nil {
			return command{}, false
		}
		return command{verb: v, orders: ids, arg: strings.Trim(m[len(m)-1], edges)}, true
	}
	if c, ok := find(cmdReceived, saysReceived); ok {
		first, _, _ := strings.Cut(c.arg, " ")
		return c, leads || isPaid(first)
	}
	for v, re := range map[verb]*regexp.Regexp{cmdStages: saysStages, cmdNoStages: saysNoStages, cmdPayNodes: saysNodes, cmdRelease: saysRelease} {
		if c, ok := find(v, re); ok {
			return c, true
		}
	}
	return command{}, false
}

// planParts lays down how an order is delivered or paid for: of a draft at once, of an order that was submitted as a change.
func (s *session) planParts(ctx context.Context, tx Tx, cmd command) error {
	o, err := s.ownOrder(tx, cmd.orders[0])
	if err != nil {
		return err
	}
	change, note := func(*orders.Staged) {}, ""
	switch cmd.verb {
	case cmdStages:
		stages, err := s.stages(o, cmd.arg)
		if err != nil {
			return err
		}
		change = func(p *orders.Staged) { p.Stages = stages }
	case cmdNoStages:
		if o.Staged == nil {
			return orders.Errorf(orders.CodeConflict, "订单 %s 本来就没有分期", o.ID)
		}
		change = func(p *orders.Staged) { *p = orders.Staged{} }
	case cmdPayNodes:
		nodes, release, err := s.payNodes(o, cmd.arg)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(nodes, func(n orders.PayNode) bool { return n.When == orders.PayKept && n.Months == 0 && n.Days == 0 }); i >= 0 {
			note = fmt.Sprintf("「%s」没写质保多久，到期不会提醒。要提醒请写「质保1年期满」", nodes[i].Name)
		}
		change = func(p *orders.Staged) {
			if p.Nodes = nodes; release != "" {
				p.Release = release
			}
		}
	default:
		release := orders.ReleaseUnpaid
		if cmd.arg != "" {
			release = orders.ReleasePaid
		}
		if o.Staged == nil {
			return orders.Errorf(orders.CodeInvalid, "订单 %s 还没有付款节点，先说「%s 付款节点：签约30%%，发货前50%%，验收20%%」", o.ID, o.ID)
		}
		change = func(p *orders.Staged) { p.Release = release }
	}
	if o.Status == orders.StatusDraft {
		o, err := s.clerk.Desk.Revise(tx, o.ID, s.person.actor(), func(o *orders.Order) error { return o.Plan(change) })
		if err != nil {
			return err
		}
		head := "已按您说的定好"
		if note != "" {
			head += "。" + note
		}
		return s.show(ctx, tx, o, head, 1, 1)
	}
	if err := o.MayChange(); err != nil {
		return err
	}
	wanted, preview, err := s.clerk.Desk.AskChange(tx, o.ID, s.person.actor(), func(o *orders.Order) error { return o.Plan(change) })
	if err != nil {
		return err
	}
	return s.showChange(ctx, wanted, &preview, note)
}

// stages reads the stages of a delivery: 3月20日 30盒，4月20日 30盒，4月30日 40盒.
func (s *session) stages(o *orders.Order, words string) ([]orders.Stage, error) {
	example := fmt.Sprintf("请这样说：「%s 分期：3月20日 30盒，4月20日 其余」。没有改动", o.ID)
	if len(o.Lines) == 0 {
		return nil, orders.Errorf(orders.CodeInvalid, "订单 %s 还没有商品，没有改动", o.ID)
	}
	marks := stageDay.FindAllStringSubmatchIndex(words, -1)
	if len(marks) == 0 || strings.Trim(words[:marks[0][0]], edges) != "" {
		return nil, orders.Errorf(orders.CodeInvalid, "没看懂每期是哪天。%s", example)
	}
	left := *o // what is not given to a stage yet
	left.Lines = slices.Clone(o.Lines)
	var out []orders.Stage
	for i, m := range marks {
		end := len(words)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		day, err := s.dayOf(words, m)
		if err != nil {
			return nil, err
		}
		said := strings.Trim(words[m[1]:end], edges+" 的")
		st := orders.Stage{Due: day, Base: make(map[int]orders.Quantity)}
		switch share := shareWords.FindStringSubmatch(said); {
		case said == "":
			return nil, orders.Errorf(orders.CodeInvalid, "%s 那一期要多少？%s", day, example)
		case stageRest.MatchString(said):
			for j := range left.Lines {
				st.Base[left.Lines[j].No] = left.Lines[j].Base
			}
		case share != nil:
			of := decimal.RequireFromString(share[1])
			for j := range o.Lines {
				if l := &o.Lines[j]; !l.Gift {
					st.Base[l.No] = l.Base.Mul(of).Shift(-2)
				}
			}
		default:
			p, err := s.batch(&left, said)
			if err != nil {
				return nil, err
			}
			if p.Base == nil {
				return nil, orders.Errorf(orders.CodeInvalid, "没看懂「%s」是哪些货、多少。%s", said, example)
			}
			st.Base = p.Base
		}
		if i == 0 { // what is given away goes with the first goods, unless somebody says so
			for j := range o.Lines {
				if l := &o.Lines[j]; l.Gift && !strings.Contains(words, "赠") {
					st.Base[l.No] = l.Base
				}
			}
		}
		maps.DeleteFunc(st.Base, func(_ int, n orders.Quantity) bool { return n.IsZero() })
		for j := range left.Lines {
			l := &left.Lines[j]
			l.Base = decimal.Max(decimal.Zero, l.Base.Sub(st.Base[l.No]))
		}
		out = append(out, st)
	}
	return out, nil
}

// dayOf is the day (yyyy-mm-dd) that a match of stageDay or dayAlone names: without a year, the next of its kind.
func (s *session) dayOf(words string, m []int) (string, error) {
	number := func(k int) int {
		if m[2*k] < 0 {
			return 0
		}
		n, _ := strconv.Atoi(words[m[2*k]:m[2*k+1]])
		return n
	}
	year, month, day := number(1), max(number(2), number(4)), max(number(3), number(5))
	now := s.now.In(s.clerk.Location)
	today := now.Format(time.DateOnly)
	at := func(year int) string {
		t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, s.clerk.Location)
		if t.Day() != day || int(t.Month()) != month {
			return ""
		}
		return t.Format(time.DateOnly)
	}
	said := strings.Trim(words[m[0]:m[1]], edges)
	date := at(year)
	if year == 0 {
		if date = at(now.Year()); date != "" && date < today {
			date = at(now.Year() + 1)
		}
		if limit := now.AddDate(0, 10, 0).Format(time.DateOnly); date > limit { // 2月20日, said in March: a slip rather than next year
			return "", orders.Errorf(orders.CodeInvalid, "「%s」已经过去了。是明年的话请带上年份，没有改动", said)
		}
	}
	switch {
	case date == "":
		return "", orders.Errorf(orders.CodeInvalid, "没有「%s」这一天，没有改动", said)
	case date < today:
		return "", orders.Errorf(orders.CodeInvalid, "「%s」已经过去了，没有改动", said)
	}
	return date, nil
}

// payNodes reads the payments of an order: 签约30%，发货前50%，验收20%, and whether a stage waits for them.
func (s *session) payNodes(o *orders.Order, words string) (out []orders.PayNode, release orders.Release, err error) {
	example := fmt.Sprintf("请这样说：「%s 付款节点：签约30%%，发货前50%%，验收20%%」。没有改动", o.ID)
	sum := 0
	for _, part := range nodeParts.Split(words, -1) {
		part = strings.Trim(part, edges)
		if part == "" {
			continue
		}
		if m := saysRelease.FindStringSubmatch(part); m != nil {
			if release = orders.ReleaseUnpaid; m[1] != "" {
				release = orders.ReleasePaid
			}
			continue
		}
		n := orders.PayNode{}
		if m := nodeWords.FindStringSubmatch(part); m != nil {
			n.Name, n.Share = m[1], int(decimal.RequireFromString(m[2]).Shift(2).IntPart())
		} else if m := nodeRest.FindStringSubmatch(part); m != nil && sum < 10_000 {
			n.Name, n.Share = m[1], 10_000-sum
		}
		if n.Name = strings.Trim(n.Name, edges); n.Name == "" || n.Share == 0 {
			return nil, "", orders.Errorf(orders.CodeInvalid, "没看懂付款节点「%s」。%s", part, example)
		}
		sum += n.Share
		if err := s.moment(&n); err != nil {
			return nil, "", err
		}
		out = append(out, n)
	}
	return out, release, nil
}

// moment finds when a payment is due by its name.
func (s *session) moment(n *orders.PayNode) error {
	if m := ofStage.FindStringSubmatch(n.Name); m != nil {
		n.Stage = batchCount(m[1])
	}
	if m := dayAlone.FindStringSubmatchIndex(n.Name); m != nil {
		day, err := s.dayOf(n.Name, m)
		n.When, n.Day = orders.PayDay, day
		return err
	}
	if m := nodeKept.FindStringSubmatch(n.Name); m != nil {
		n.When = orders.PayKept
		switch length := batchCount(cmp.Or(m[1], m[3])); cmp.Or(m[2], m[4]) {
		case "年":
			n.Months = 12 * length
		case "月":
			n.Months = length
		case "天":
			n.Days = length
		}
		return nil
	}
	isBefore := strings.Contains(n.Name, "前")
	unclear := orders.Errorf(orders.CodeInvalid, "没看懂「%s」是什么时候付。可以写 签约、发货前、第2期发货前、第1期到货、验收、质保1年期满，或日期，例如 4月20日。没有改动", n.Name)
	switch isStrange := n.Stage == 0 && strings.ContainsAny(n.Name, "期批"); {
	case isStrange || nodeAfter.MatchString(n.Name) || nodeDelay.MatchString(n.Name): // never guessed as another moment
		return unclear
	case nodeComes.MatchString(n.Name) && !isBefore:
		n.When = orders.PayArrived
	case nodeShips.MatchString(n.Name), nodeAlone.MatchString(n.Name):
		n.When = orders.PayShips
	case nodeSigned.MatchString(n.Name):
		n.When = orders.PaySigned
	default:
		return unclear
	}
	return nil
}

// paidWords reads an amount with the number of the payment, where it has one: 5000 LS0001. Other words are none of it: 5000 未到.
func paidWords(arg string) (amount orders.Money, number string, ok bool) {
	words := strings.Fields(arg)
	if len(words) != 1 && len(words) != 2 {
		return 0, "", false
	}
	amount, ok = paidAmount(words[0])
	if number = strings.ToUpper(strings.Join(words[1:], "")); number != "" && !payNumber.MatchString(number) {
		return 0, "", false
	}
	return amount, number, ok
}

// receive notes what was paid for an order: 到款 SO… 5000 [流水号].
func (s *session) receive(tx Tx, cmd command) error {
	if !s.person.staff.Has(cashiers...) {
		return orders.Errorf(orders.CodeDenied, "到款由财务登记，您没有这个权限")
	}
	id := cmd.orders[0]
	amount, number, ok := paidWords(cmd.arg)
	if !ok {
		return orders.Errorf(orders.CodeInvalid, "「%s」不是金额，请写「到款 %s 金额」，有流水号写在最后，例如「到款 %s 5000 LS0001」", cmd.arg, id, id)
	}
	before, err := s.order(tx, id)
	if err != nil {
		return err
	}
	stage := max(1, before.Stage())
	held, _ := before.Owed(stage, s.clerk.Desk.RequirePayment, s.now)
	o, number, err := s.clerk.Desk.Receive(tx, id, amount, number, s.person.actor())
	if err != nil {
		return err
	}
	if err := tx.SettleOrders(o.Customer, s.moneyEntry("结算", "", number)); err != nil {
		return err
	}
	text := fmt.Sprintf("已登记 %s 到款 %s（编号 %s），共到 %s，订单合计 %s。", o.ID, amount, number, o.Work.Paid, o.Payable())
	if over := o.Work.Paid - o.Payable(); over > 0 {
		text += fmt.Sprintf("⚠️ 比订单多 %s，请核对。", over)
	}
	switch n, lack := o.Owed(stage, s.clerk.Desk.RequirePayment, s.now); {
	case n != nil:
		text += fmt.Sprintf("「%s」还差 %s，%s先不发。", n.Name, lack, stageName(o))
	case held != nil:
		text += fmt.Sprintf("「%s」付清了，%s可以发货，已告诉业务员和仓库。", held.Name, stageName(o))
	}
	s.say(text + fmt.Sprintf("\n登记错了请发「撤销收款 %s 原因」。", number))
	return nil
}

// stageName names the stage whose turn it is: 第 2 期; 货 where the order has none.
func stageName(o *orders.Order) string {
	if k := o.Stage(); k > 0 {
		return fmt.Sprintf("第 %d 期", k)
	}
	return "货"
}

// shipsStage takes the stage out of what is said of a parcel: 第2期 SF1234567890123. 0: none is named.
func shipsStage(arg string) (rest string, stage int) {
	m := ofStage.FindStringSubmatchIndex(arg)
	if m == nil {
		return arg, 0
	}
	return strings.TrimSpace(arg[:m[0]] + " " + arg[m[1]:]), batchCount(arg[m[2]:m[3]])
}
