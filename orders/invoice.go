package orders

import (
	"fmt"
	"strings"
	"time"
)

// InvoiceData is what an invoice to a customer needs.
type InvoiceData struct {
	Title     string // 开票抬头
	TaxNumber string // 税号
}

// InvoiceData returns what is on record of the customer.
func (c *Customer) InvoiceData() InvoiceData {
	return InvoiceData{Title: c.InvoiceTitle, TaxNumber: c.TaxNumber}
}

// SeenInvoice is what finance was last shown of a customer's invoice data, and when it was first shown so; the zero time: never.
type SeenInvoice struct {
	InvoiceData

	At time.Time
}

// Invoicing is all that is known for an invoice to the customer, in one line; "" where nothing is.
func (c *Customer) Invoicing() string {
	var out []string
	for _, f := range [][2]string{{"抬头 ", c.InvoiceTitle}, {"税号 ", c.TaxNumber}, {"", c.InvoiceInfo}} {
		if f[1] != "" {
			out = append(out, f[0]+f[1])
		}
	}
	return strings.Join(out, "；")
}

// ReadTaxNumber reads a tax number (纳税人识别号) as people write it: blanks don't count, nor do the case and width of letters. Numbers are
// 15 to 20 figures and letters long.
func ReadTaxNumber(text string) (string, error) {
	n := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '　' || r == '\t' || r == '-':
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, text)
	n = strings.ToUpper(n)
	isPlain := !strings.ContainsFunc(n, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') })
	if n != "" && (!isPlain || len(n) < 15 || len(n) > 20) {
		return "", fmt.Errorf("「%s」不是税号，税号是 15 到 20 位数字和字母", text)
	}
	return n, nil
}

// TaxNumberFits tells whether the last character of a tax number of 18 fits the others, as that of a 统一社会信用代码 (GB 32100-2015) or of
// an identity number (GB 11643-1999), which people in trade have for one. Other numbers have no check character.
func TaxNumberFits(n string) bool {
	if len(n) != 18 {
		return true
	}
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY" // of GB 32100: no I, O, S, V, Z
	sum, weight, isUnified := 0, 1, true
	for i := range 17 {
		at := strings.IndexByte(letters, n[i])
		isUnified = isUnified && at >= 0
		sum += at * weight
		weight = weight * 3 % 31
	}
	if isUnified && letters[(31-sum%31)%31] == n[17] {
		return true
	}
	sum = 0
	weight = 1 << 17 // the weights of GB 11643 are powers of 2 from the right, modulo 11
	for i := range 17 {
		if n[i] < '0' || n[i] > '9' {
			return false
		}
		sum += int(n[i]-'0') * (weight % 11)
		weight /= 2
	}
	return "10X98765432"[sum%11] == n[17]
}
