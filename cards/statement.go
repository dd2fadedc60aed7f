package cards

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"orderbot/orders"
)

// statementRows is how many orders and payments a statement lists in words.
const statementRows = 12

// MonthOf names the month of a statement: 2026年3月.
func MonthOf(st *orders.Statement) string { return st.From.Format("2006年1月") }

// Statement is a customer's statement of a month in words: 期初 + 订单 − 收款 = 期末.
func Statement(st *orders.Statement, c *orders.Customer, forCustomer, hasFile bool) Message {
	rows := []string{"对账单 " + c.Name + "　" + MonthOf(st), "期初应收 " + st.Opening.String(), fmt.Sprintf("＋ 订单 %d 笔 %s", len(st.Orders), st.Ordered())}
	list := func(n int, row func(i int) string) {
		for i := range min(n, statementRows) {
			rows = append(rows, "　"+row(i))
		}
		if n > statementRows {
			rows = append(rows, fmt.Sprintf("　还有 %d 笔没有列出", n-statementRows))
		}
	}
	list(len(st.Orders), func(i int) string {
		x := &st.Orders[i]
		return join("，", join(" ", x.At.Format("01-02"), chargeName(x), x.Owed.String(), chargeStatus(x, forCustomer)), chargeNote(x))
	})
	rows = append(rows, fmt.Sprintf("－ 收款 %d 笔 %s", len(st.Payments), st.Paid()))
	list(len(st.Payments), func(i int) string {
		p := &st.Payments[i]
		return join(" ", p.Day.Format("01-02"), p.Number, p.Amount.String(), string(p.Order))
	})
	rows = append(rows, "＝ 期末应收 "+st.Closing().String())
	if st.Closing() < 0 {
		rows[len(rows)-1] += "（预付）"
	}
	var invoiced orders.Money
	for i := range st.Invoices {
		invoiced += st.Invoices[i].Amount
	}
	rows = append(rows, fmt.Sprintf("本月开票 %d 张 %s", len(st.Invoices), invoiced))
	list(len(st.Invoices), func(i int) string {
		x := &st.Invoices[i]
		return join(" ", x.Number, x.Amount.String(), string(x.Order), x.Due+" 到期")
	})
	if o := st.Overdue; o.Amount > 0 {
		rows = append(rows, fmt.Sprintf("⚠️ 现在逾期 %s，最早的发票 %s %s 到期", o.Amount, o.Invoice, o.Due))
	}
	if info := c.Invoicing(); info != "" {
		rows = append(rows, "开票信息："+info)
	} else if !forCustomer {
		rows = append(rows, "开票信息还没有登记（客户资料的「开票抬头」「税号」「开票信息」几列）")
	}
	if forCustomer && !hasFile {
		rows = append(rows, "要 Excel 明细请直接回复，我们发给您。")
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// chargeName is the number of an order or an invoice.
func chargeName(x *orders.Charge) string {
	if x.Order == "" {
		return "发票 " + x.Invoice
	}
	return string(x.Order)
}

func chargeStatus(x *orders.Charge, forCustomer bool) string {
	switch {
	case x.Order == "":
		return ""
	case forCustomer:
		return customerStatus(x.Status)
	default:
		return x.Status.String()
	}
}

// chargeNote says why an order counts otherwise than by what it comes to.
func chargeNote(x *orders.Charge) string {
	switch {
	case x.Order == "" || x.Owed == x.Total:
		return ""
	case x.Owed == x.Total-x.Back:
		return "合计 " + x.Total.String() + "，退 " + x.Back.String()
	default:
		return join("，", "合计 "+x.Total.String(), "寄售、按需结算的开票后才计")
	}
}

// StatementFile is a statement as an Excel file: every entry in the order of time with what is owed after it, and the invoices.
func StatementFile(st *orders.Statement, c *orders.Customer, forCustomer bool) (*File, error) {
	f := excelize.NewFile()
	defer f.Close() // nothing of it is on disk
	money, err := f.NewStyle(&excelize.Style{CustomNumFmt: new("#,##0.00")})
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	w := sheet{f: f, name: "对账单", money: money}
	w.do(f.SetSheetName("Sheet1", w.name))
	w.row("对账单", c.Name, string(c.Code), MonthOf(st))
	w.row("开票信息", c.Invoicing())
	w.row()
	w.row("日期", "类型", "单号", "说明", "应收增加", "收款", "余额")
	w.row(st.From.Format("2006-01-02"), "期初", "", "", nil, nil, st.Opening)
	for _, p := range st.Postings() {
		day := p.At.Format("2006-01-02")
		if x := p.Charge; x != nil {
			kind := "订单"
			if x.Order == "" {
				kind = "发票"
			}
			w.row(day, kind, strings.TrimPrefix(chargeName(x), "发票 "), join("，", chargeStatus(x, forCustomer), chargeNote(x)), x.Owed, nil, p.Balance)
			continue
		}
		w.row(day, "收款", p.Payment.Number, string(p.Payment.Order), nil, p.Payment.Amount, p.Balance)
	}
	w.row(st.Until.AddDate(0, 0, -1).Format("2006-01-02"), "期末", "", "", st.Ordered(), st.Paid(), st.Closing())
	w.do(f.SetColWidth(w.name, "A", "G", 18))
	v := sheet{f: f, name: "发票", money: money}
	_, err = f.NewSheet(v.name)
	v.do(err)
	v.row("发票号", "订单号", "金额", "开票日期", "到期日")
	for _, x := range st.Invoices {
		v.row(x.Number, string(x.Order), x.Amount, x.Issued, x.Due)
	}
	v.do(f.SetColWidth(v.name, "A", "E", 18))
	var b bytes.Buffer
	w.do(v.err)
	w.do(f.Write(&b))
	if w.err != nil {
		return nil, fmt.Errorf("statement: %w", w.err)
	}
	return &File{Name: fmt.Sprintf("对账单-%s-%s.xlsx", c.Code, st.From.Format("200601")), Data: b.Bytes()}, nil
}

// sheet writes rows of an Excel file, one below the other; the first error stays.
type sheet struct {
	f     *excelize.File
	name  string
	money int // the style of amounts
	at    int
	err   error
}

func (s *sheet) do(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *sheet) row(cells ...any) {
	s.at++
	for i, cell := range cells {
		ref, err := excelize.CoordinatesToCellName(i+1, s.at)
		s.do(err)
		switch v := cell.(type) {
		case orders.Money:
			s.do(s.f.SetCellFloat(s.name, ref, v.Yuan().InexactFloat64(), 2, 64))
			s.do(s.f.SetCellStyle(s.name, ref, ref, s.money))
		case string:
			s.do(s.f.SetCellStr(s.name, ref, v)) // never a formula, whatever somebody is called
		}
	}
}
