package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// surgeryDay fits the day of a surgery in words, in a form, in a table.
var surgeryDay = regexp.MustCompile(`(?:(\d{4})\s*[年/.-]\s*)?(\d{1,2})(?:\s*月\s*(\d{1,2})\s*[日号]|[/-](\d{1,2})(?:\D|$))`)

// dayIn finds the day of a surgery and what else a text says. Without a year it is the next such day, or one that is over for less than
// two months, which is an error of the writer's.
func dayIn(text string, now time.Time) (day, rest string, ok bool) {
	m := surgeryDay.FindStringSubmatchIndex(text)
	if m == nil {
		return slotDay(text, now)
	}
	number := func(i int) int {
		if m[i] < 0 {
			return 0
		}
		n, _ := strconv.Atoi(text[m[i]:m[i+1]])
		return n
	}
	end := m[1]
	if m[8] >= 0 {
		end = m[9]
	}
	year, month, date := number(2), number(4), number(6)+number(8)
	if m[2] < 0 {
		if m[8] >= 0 { // 4-10 without a year may be anything
			return slotDay(text, now)
		}
		year = now.Year()
	}
	d := time.Date(year, time.Month(month), date, 0, 0, 0, 0, now.Location())
	if d.Day() != date || int(d.Month()) != month {
		return "", "", false
	}
	if m[2] < 0 && now.Sub(d) > 60*24*time.Hour {
		d = d.AddDate(1, 0, 0)
	}
	return d.Format(time.DateOnly), strings.Trim(text[:m[0]]+" "+text[end:], edges), true
}

const surgeryUsage = "请写「手术计划 医院 日期 耗材 数量」，例如「手术计划 市一院 4月10日 导管6F 2根 支架 1套」"

// anotherSurgery fits the words for one more surgery of the same goods on the same day: another patient's.
var anotherSurgery = regexp.MustCompile(`(?:另外?一|第[二三四五六2-6]|又一|再一)台[，,：: ]?`)

// surgery enters a plan: 手术计划 市一院 4月10日 导管6F 2根 支架 1套; without words it lists the plans.
func (s *session) surgery(tx Tx, arg string) error {
	now := s.now.In(s.clerk.Location)
	if arg == "" {
		return s.surgeries(tx)
	}
	day, rest, ok := dayIn(arg, now)
	if !ok {
		return orders.Errorf(orders.CodeInvalid, "没看到手术日期，没有记下。%s", surgeryUsage)
	}
	said := anotherSurgery.ReplaceAllString(rest, " ")
	p, err := s.readSurgery(said)
	if err != nil {
		return err
	}
	p.Key, p.Day, p.Source, p.Another = s.key(), day, platformName(s.in.Platform), said != rest
	isNew, err := s.plan(tx, p)
	if err == nil && !isNew {
		s.say("要是另一台手术，请写上「另一台」再发一次")
	}
	return err
}

// plan enters a plan of somebody who may, and says what comes of it; isNew tells whether there was none like it.
func (s *session) plan(tx Tx, p orders.Surgery) (isNew bool, err error) {
	if err := s.books.Catalog.MayPlan(s.person.staff, p.Customer); err != nil {
		return false, err
	}
	stored, isNew, err := s.clerk.Desk.PlanSurgery(tx, p, s.person.actor())
	if err != nil {
		return false, err
	}
	if stored.State == orders.SurgeryCancelled {
		s.say("没有记下：这个编号的计划已经取消了，还要做请换个编号，或发「手术计划 …」。" + cards.SurgeryText(stored, s.now))
		return false, nil
	}
	if stored.Joined {
		s.say(cards.SurgeryJoined(stored, p.Source, s.now))
		return false, nil
	}
	head := "已记下"
	if !isNew {
		head = "已经记过了："
	}
	s.say(head + cards.SurgeryText(stored, s.now))
	return isNew, nil
}

// readSurgery reads the hospital and the goods of a plan. What is not certain is no plan: it is told what is unclear.
func (s *session) readSurgery(text string) (orders.Surgery, error) {
	r, _ := s.books.Lexicon.Read(intake.Message{
		ID: s.in.Key, Thread: "surgery:" + s.in.Key, Time: s.in.SentAt.In(s.clerk.Location), Role: intake.RoleSales, Text: text,
	}, nil)
	if len(r.Orders) != 1 || r.Intent != intake.IntentOrder {
		return orders.Surgery{}, orders.Errorf(orders.CodeInvalid, "没看懂要哪家医院、什么耗材，没有记下。%s", surgeryUsage)
	}
	d := r.Orders[0]
	p := orders.Surgery{Customer: orders.CustomerCode(d.Customer)}
	for _, a := range r.Asks {
		if strings.HasPrefix(a.Field, "orders[0].lines") || a.Field == "orders[0].customer" {
			return p, orders.Errorf(orders.CodeInvalid, "手术计划没有记下：%s请写清楚再发一次", a.Text)
		}
	}
	if p.Customer == "" {
		return p, orders.Errorf(orders.CodeInvalid, "没看到是哪家医院，没有记下。%s", surgeryUsage)
	}
	for _, l := range d.Lines {
		line := orders.SurgeryLine{Product: orders.ProductCode(l.Product), Quantity: number(l.Quantity), Unit: l.Unit, Base: number(l.BaseQuantity)}
		x := s.books.Catalog.Product(line.Product)
		if x == nil || !line.Base.IsPositive() {
			return p, orders.Errorf(orders.CodeInvalid, "有一项耗材没看懂，没有记下。%s", surgeryUsage)
		}
		line.Title = x.Title()
		p.Lines = append(p.Lines, line)
	}
	return p, nil
}

// surgeries lists the plans from today on: all of them to who may order for all, else those of one's own customers.
func (s *session) surgeries(tx Tx) error {
	all, err := tx.Surgeries("", s.now.In(s.clerk.Location).Format(time.DateOnly))
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(p *orders.Surgery) bool { return s.books.Catalog.MayPlan(s.person.staff, p.Customer) != nil })
	s.send(cards.Surgeries(all, s.now), "reply", "")
	return nil
}

// surgeryNo fits the number of a plan, and what follows it.
var surgeryNo = regexp.MustCompile(`^[#号\s]*(\d{1,9})号?(?:\s+(.*))?$`)

// changeSurgery does what 「手术改期 3 4月15日」 and 「取消手术 3」 ask for.
func (s *session) changeSurgery(tx Tx, cmd command) (bool, error) {
	m := surgeryNo.FindStringSubmatch(cmd.arg)
	if m == nil {
		return false, nil
	}
	id, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return false, nil //nolint:nilerr // words like any others
	}
	p, err := tx.Surgery(id)
	if err == nil {
		err = s.books.Catalog.MayPlan(s.person.staff, p.Customer)
	}
	if err != nil {
		return true, err
	}
	if cmd.verb == cmdEndSurg {
		if err := s.clerk.Desk.CancelSurgery(tx, p, s.person.actor()); err != nil {
			return true, err
		}
		s.say("已取消" + cards.SurgeryText(p, s.now))
		return true, nil
	}
	day, _, ok := dayIn(m[2], s.now.In(s.clerk.Location))
	if !ok {
		return true, orders.Errorf(orders.CodeInvalid, "改到哪天？请写「手术改期 %d 4月15日」", id)
	}
	if p, err = s.clerk.Desk.MoveSurgery(tx, id, day, s.person.actor()); err != nil {
		return true, err
	}
	s.say("已改期" + cards.SurgeryText(p, s.now))
	return true, nil
}

// surgeryForm takes an approval form that came to its end: agreed it is a plan, refused or withdrawn it ends the plan that it was.
func (s *session) surgeryForm(tx Tx) error {
	by := s.person.actor()
	if s.person.staff == nil {
		by.Code, by.Name = "dingtalk:"+s.in.Sender, "钉钉审批"
	}
	key := "dingtalk:" + s.in.Media
	if s.in.Text != orders.FormAgreed {
		p, err := tx.SurgeryByKey(key)
		if err != nil || p == nil || p.State == orders.SurgeryCancelled {
			return err
		}
		return s.clerk.Desk.CancelSurgery(tx, p, by)
	}
	p, err := s.readForm()
	if err == nil {
		p.Key, p.Source, p.Own = key, "钉钉审批", true // each form is a patient's
		err = s.clerk.Desk.CheckSurgery(&p)
	}
	if sentence, ok := orders.ErrorMessage(err); ok {
		if s.person.staff != nil {
			s.say(sentence)
		}
		return tx.Emit(orders.Event{
			Kind: orders.EventSurgery, At: s.now, Actor: by.Code, Trace: s.in.Trace,
			Data: map[string]string{"what": orders.SurgeryUnread, "text": sentence, "customer": string(p.Customer), "form": s.formWords()},
		})
	}
	if err != nil {
		return err
	}
	stored, isNew, err := s.clerk.Desk.PlanSurgery(tx, p, by)
	switch {
	case err != nil || s.person.staff == nil:
	case isNew:
		s.say("已记下" + cards.SurgeryText(stored, s.now))
	case stored.Joined:
		s.say(cards.SurgeryJoined(stored, p.Source, s.now))
	}
	return err
}

// formLost tells people of a form that could not be handled, however often it was tried.
func (s *session) formLost(tx Tx) error {
	return tx.Emit(orders.Event{
		Kind: orders.EventSurgery, At: s.now, Actor: "dingtalk:" + s.in.Sender, Trace: s.in.Trace, Data: map[string]string{
			"what": orders.SurgeryUnread, "text": fmt.Sprintf("钉钉的手术计划审批单 %s 没能处理，请人工看一下", s.in.Media), "form": "编号 " + s.in.Trace,
		},
	})
}

// formWords are the filled-in fields of a form, for people.
func (s *session) formWords() string {
	var out []string
	for _, f := range s.form {
		if f.Value != "" {
			out = append(out, f.Name+"："+f.Value)
		}
	}
	return strings.Join(out, "\n")
}

// The words by which fields of forms and columns of tables are known.
var (
	hospitalField = regexp.MustCompile(`医院|客户`)
	dateField     = regexp.MustCompile(`手术(?:日期|时间|日)`)
	goodsField    = regexp.MustCompile(`耗材|产品|品名|物料|名称|编码|清单|明细`)
	specField     = regexp.MustCompile(`规格|型号`)
	amountField   = regexp.MustCompile(`数量`)
	unitField     = regexp.MustCompile(`^单位$`)
	planField     = regexp.MustCompile(`计划编?号`)
)

// readForm reads an approval form: 医院, 手术日期, and the goods as text or as a table.
func (s *session) readForm() (orders.Surgery, error) {
	if s.formErr != nil || s.form == nil {
		return orders.Surgery{}, orders.Errorf(orders.CodeInvalid, "钉钉的手术计划审批单打不开，没有记下，请人工看一下")
	}
	var hospital, when string
	var goods []string
	for _, f := range s.form {
		switch {
		case len(f.Rows) > 0:
			for _, row := range f.Rows {
				goods = append(goods, goodsOf(row))
			}
		case dateField.MatchString(f.Name):
			when = f.Value
		case hospitalField.MatchString(f.Name):
			hospital = f.Value
		case goodsField.MatchString(f.Name):
			goods = append(goods, f.Value)
		}
	}
	day, _, ok := dayIn(when, s.now.In(s.clerk.Location))
	p, err := s.readSurgery(hospital + "\n" + strings.Join(goods, "\n"))
	if err == nil && !ok {
		err = orders.Errorf(orders.CodeInvalid, "审批单里的手术日期「%s」看不懂，没有记下", when)
	}
	p.Day = day
	return p, err
}

// goodsOf says one row of a table as words: its goods, spec, quantity and unit.
func goodsOf(row []orders.FormField) string {
	var name, spec, amount, unit string
	for _, f := range row {
		switch value := strings.TrimSpace(f.Value); {
		case amountField.MatchString(f.Name):
			amount = value
		case unitField.MatchString(f.Name):
			unit = value
		case specField.MatchString(f.Name):
			spec = value
		case goodsField.MatchString(f.Name):
			name = strings.TrimSpace(name + " " + value)
		}
	}
	return strings.Join(strings.Fields(name+" "+spec+" "+amount+unit), " ")
}

// isSurgerySheet tells whether a file is a table of surgery plans.
func isSurgerySheet(doc *page.Document) bool {
	if doc == nil {
		return false
	}
	titles, _ := doc.Headings()
	return slices.ContainsFunc(titles, dateField.MatchString) && slices.ContainsFunc(titles, hospitalField.MatchString) &&
		slices.ContainsFunc(titles, amountField.MatchString)
}

// surgeryRows are the rows of a table of surgery plans that belong to one surgery.
type surgeryRows struct {
	hospital, when, number string
	row                    int // in the table, from 1
	goods                  []string
}

// surgerySheet enters the plans of a table, all of them or none.
func (s *session) surgerySheet(tx Tx, doc *page.Document) error {
	if s.person.staff == nil {
		return orders.Errorf(orders.CodeDenied, "手术计划由业务员登记，请把表发给您的业务员")
	}
	var all []*surgeryRows
	for _, pg := range doc.Pages {
		for _, t := range pg.Tables {
			all = append(all, rowsOfSurgeries(t)...)
		}
	}
	var listed []orders.Surgery // without numbers
	for i, g := range all {
		at := fmt.Sprintf("第 %d 行起", g.row)
		day, _, ok := dayIn(g.when, s.now.In(s.clerk.Location))
		if !ok {
			return orders.Errorf(orders.CodeInvalid, "%s：手术日期「%s」看不懂。整张表都没有记下", at, g.when)
		}
		p, err := s.readSurgery(g.hospital + "\n" + strings.Join(g.goods, "\n"))
		if sentence, ok := orders.ErrorMessage(err); ok {
			return orders.Errorf(orders.ErrorCode(err), "%s：%s。整张表都没有记下", at, strings.TrimRight(sentence, "。"))
		}
		p.Key, p.Day, p.Source = fmt.Sprintf("%s:%d", s.key(), i), day, "Excel"
		if g.number != "" {
			p.Own = true // its number tells it from others
			if p.Key, err = s.numbered(tx, "sheet:"+string(p.Customer)+":"+g.number); err != nil {
				return err
			}
		} else {
			for _, x := range listed {
				if x.SameAs(&p) {
					p.Nth++
				}
			}
			listed = append(listed, p)
		}
		if _, err := s.plan(tx, p); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		s.say("这张手术计划表里没有内容。")
	}
	return nil
}

// numbered is the key of a plan that a table numbers: numbers of plans that are over are used again.
func (s *session) numbered(tx Tx, number string) (string, error) {
	today := s.now.In(s.clerk.Location).Format(time.DateOnly)
	for key, n := number, 2; ; n++ {
		p, err := tx.SurgeryByKey(key)
		if err != nil || p == nil || p.Day >= today {
			return key, err
		}
		key = fmt.Sprintf("%s:%d", number, n)
	}
}

// rowsOfSurgeries groups the rows of a table by surgery. An empty hospital or day is that of the row above. Where both are written again,
// with goods that the surgery has already and no number, it is another one.
func rowsOfSurgeries(t page.Table) []*surgeryRows {
	var heads []string
	var all []*surgeryRows
	var hospital, when, number string
	for i, row := range t.Rows {
		if heads == nil {
			for _, c := range row {
				heads = append(heads, c.Text)
			}
			if !slices.ContainsFunc(heads, dateField.MatchString) {
				heads = nil
			}
			continue
		}
		var cells []orders.FormField
		changed, named := false, 0
		for col, c := range row {
			if col >= len(heads) || c.Text == "" {
				continue
			}
			field, isKey := &number, planField.MatchString(heads[col])
			switch {
			case dateField.MatchString(heads[col]):
				field, isKey = &when, true
			case hospitalField.MatchString(heads[col]):
				field, isKey = &hospital, true
			}
			if isKey {
				named++
				changed = changed || *field != c.Text
				*field = c.Text
				continue
			}
			cells = append(cells, orders.FormField{Name: heads[col], Value: c.Text})
		}
		goods := goodsOf(cells)
		if goods == "" {
			continue
		}
		again := len(all) > 0 && number == "" && named > 1 && slices.Contains(all[len(all)-1].goods, goods)
		if changed || again || len(all) == 0 {
			all = append(all, &surgeryRows{hospital: hospital, when: when, number: number, row: i + 1})
		}
		last := all[len(all)-1]
		last.goods = append(last.goods, goods)
	}
	return all
}
