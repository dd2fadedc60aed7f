package orders

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Wave takes orders whose goods may leave into one wave (波次), which is picked together, and returns them with its number (0311-2: the
// second of the day) and with what is to be taken for each. Orders that are in a wave already or not to be picked any more are left out; a
// CodeConflict error tells that none is left.
func (d *Desk) Wave(tx StockTx, ids []OrderID, by Actor) (number string, list []*Order, picks map[OrderID][]Pick, err error) {
	if by.Staff.May(ActPick.Right()) != ScopeAll {
		return "", nil, nil, Errorf(CodeDenied, "波次由仓库排，您没有这个权限，没有改动")
	}
	ids = slices.Clone(ids)
	slices.Sort(ids) // so that two who do this at once do not wait for each other
	for _, id := range slices.Compact(ids) {
		o, err := tx.Order(id)
		if err != nil {
			return "", nil, nil, err
		}
		if o.JoinsWave() {
			list = append(list, o)
		}
	}
	if list == nil {
		return "", nil, nil, Errorf(CodeConflict, "现在没有可以进波次的订单：都在拣了，或货还没齐")
	}
	now := d.Now()
	if number, err = tx.NextWave(now); err != nil { // behind all orders, as locks are taken
		return "", nil, nil, err
	}
	picks = make(map[OrderID][]Pick)
	for _, o := range list {
		if picks[o.ID], err = tx.Picks(o.ID); err != nil {
			return "", nil, nil, err
		}
		before := o.Status
		o.Work.Wave = number
		o.reach(StatusPicking, now)
		if err := tx.SaveOrder(o); err != nil {
			return "", nil, nil, err
		}
		if err := tx.Audit(d.entry(o, by, string(ActPick), before.String(), o.Status.String(), "波次 "+number)); err != nil {
			return "", nil, nil, err
		}
	}
	slices.SortFunc(list, Sooner)
	return number, list, picks, nil
}

// JoinsWave tells whether the order's goods are there, nobody picks them, and nothing keeps them.
func (o *Order) JoinsWave() bool {
	return (o.Status == StatusAllocated || o.Status == StatusStocked) && o.Covered() && o.Work.Wave == "" && o.Notice() == nil && len(o.MissingPapers()) == 0
}

//go:embed data/carriers.csv
var carrierData string

// carrierRow is what a carrier offers and asks for one parcel.
type carrierRow struct {
	code  string
	cold  bool
	days  int
	cost  Money
	daily bool // it delivers on weekends too
}

var carrierRows = readCarriers(carrierData)

func readCarriers(data string) []carrierRow {
	var out []carrierRow
	for i, line := range strings.Split(strings.TrimSpace(data), "\n") {
		if i == 0 {
			continue
		}
		f := strings.Split(line, ",")
		days, err := strconv.Atoi(f[2])
		fen, err2 := strconv.Atoi(f[3])
		if err != nil || err2 != nil {
			panic(fmt.Sprintf("orders: carriers: %q", line)) // embedded
		}
		out = append(out, carrierRow{code: f[0], cold: f[1] == "yes", days: days, cost: Money(fen), daily: f[4] == "yes"})
	}
	return out
}

// coldWords fit what says that goods have to be kept cold on their way.
var coldWords = regexp.MustCompile(`冷链|冷藏|2\s*[-~～至—]\s*8\s*(?:℃|度|°C)|冷冻(?:运输|保存)`)

// Cold names the first product of the order that has to be kept cold on its way, "" where none has; what was said of the whole order
// names it all.
func (o *Order) Cold(cat *Catalog) string {
	if coldWords.MatchString(o.Note + " " + o.Requirement) {
		return "整单"
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		for code := range cat.Needs(l.Product) {
			p := cat.Product(code)
			if p != nil && coldWords.MatchString(p.Name+" "+p.Spec+" "+p.Category) {
				return string(l.Product)
			}
		}
		if coldWords.MatchString(l.Name + " " + l.Spec) {
			return string(l.Product)
		}
	}
	return ""
}

// Proposal is the carrier that an order should go with, and why.
type Proposal struct {
	Carrier string // code; empty: the customer fetches the goods, or none fits
	Why     string
}

// Propose chooses the carrier of an order, by these rules in turn: one that was promised; one that keeps cold what has to be; one that is
// there by the day that is wanted; the cheapest; the fastest; by code. The same order on the same day has the same carrier.
func (o *Order) Propose(cat *Catalog, now time.Time) Proposal {
	cold := o.Cold(cat)
	if o.Carrier == pickUp {
		return Proposal{}
	}
	if o.Carrier != "" {
		return Proposal{Carrier: o.Carrier, Why: "答应了客户"}
	}
	isCold := func(carrier string) bool {
		return slices.ContainsFunc(carrierRows, func(r carrierRow) bool { return r.code == carrier && r.cold })
	}
	if to := o.Work.To; to != nil && to.Carrier != "" && (cold == "" || isCold(to.Carrier)) {
		return Proposal{Carrier: to.Carrier, Why: "规则「" + to.CarrierBy + "」"}
	}
	rows := slices.Clone(carrierRows)
	for i := range rows { // as the firm's own table has it
		if t, ok := cat.transit(rows[i].code, o); ok {
			rows[i].days, rows[i].daily = t.Days, t.Daily
		}
	}
	var why []string
	if cold != "" {
		rows = slices.DeleteFunc(rows, func(r carrierRow) bool { return !r.cold })
		why = append(why, cold+" 要冷链")
	}
	if until, ok := wantedUntil(o.Wanted()); ok {
		late := func(r carrierRow) bool {
			return !cat.Calendar.deliveryDay(now.In(beijing), r.days, r.daily).Before(until)
		}
		if slices.ContainsFunc(rows, func(r carrierRow) bool { return !late(r) }) {
			rows = slices.DeleteFunc(rows, late)
			why = append(why, "赶得上交期")
		} else {
			slices.SortStableFunc(rows, func(a, b carrierRow) int { return a.days - b.days })
			rows = slices.DeleteFunc(rows, func(r carrierRow) bool { return r.days > rows[0].days })
			why = append(why, "都赶不上交期，最快")
		}
	}
	slices.SortStableFunc(rows, func(a, b carrierRow) int {
		if a.cost != b.cost {
			return int(a.cost - b.cost)
		}
		if a.days != b.days {
			return a.days - b.days
		}
		return strings.Compare(a.code, b.code)
	})
	best := rows[0]
	return Proposal{Carrier: best.code, Why: strings.Join(append(why, fmt.Sprintf("运费最低 %s，约 %d 天", best.cost, best.days)), "，")}
}

// keepsCold is the refusal of a carrier that can't keep cold what has to be, nil where there is nothing to refuse.
func (o *Order) keepsCold(carrier string, cat *Catalog) error {
	cold := o.Cold(cat)
	if cold == "" || carrier == pickUp || slices.ContainsFunc(carrierRows, func(r carrierRow) bool { return r.code == carrier && r.cold }) {
		return nil
	}
	return &Error{Code: CodeConflict, Message: fmt.Sprintf("订单 %s 有要冷链的货（%s），这家快递没有冷链，没有登记。请改走有冷链的快递", o.ID, cold), Err: ErrNotCold}
}

// install fits what says that goods are to be installed.
var install = regexp.MustCompile(`安装|装机`)

// noInstall fits what says that they are not.
var noInstall = regexp.MustCompile(`(?:不|无|免|自行|自己|不用|不需要|无需)(?:要)?(?:安装|装机)`)

// Installs tells whether the order holds an installation: goods or a wish that name it.
func (o *Order) Installs(cat *Catalog) bool {
	says := func(s string) bool { return install.MatchString(noInstall.ReplaceAllString(s, "")) }
	if says(o.Note) || says(o.SpecialRequirement()) {
		return true
	}
	return slices.ContainsFunc(o.Lines, func(l Line) bool {
		p := cat.Product(l.Product)
		return says(l.Name) || p != nil && says(p.Category)
	})
}

// AskInstallation notes when a customer wants what was delivered to be installed; whoever answers for the order is told.
func (d *Desk) AskInstallation(tx Tx, id OrderID, when string, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	when = strings.TrimSpace(when)
	switch {
	case !o.Installs(d.Catalog()):
		return nil, Errorf(CodeConflict, "订单 %s 没有含安装，需要的话请找业务员", o.ID)
	case o.Status != StatusDelivered:
		return nil, Errorf(CodeConflict, "订单 %s 还没签收（%s），签收以后再约安装", o.ID, o.Status)
	case when == "" || len([]rune(when)) > placeMost:
		return nil, Errorf(CodeInvalid, "哪天方便安装？请回复「安装 %s 3月20日下午」", o.ID)
	case o.Work.Install == when:
		return nil, Errorf(CodeConflict, "订单 %s 的安装时间已经记下：%s", o.ID, when)
	}
	before := o.Work.Install
	o.Work.Install = when
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, "售后安装", before, when, "")); err != nil {
		return nil, err
	}
	return o, tx.Emit(d.event(o, EventServiceAsked, by, map[string]string{"intent": "install", "text": when}))
}
