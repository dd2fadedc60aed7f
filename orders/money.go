package orders

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Money is an amount in fen (分, 1/100 yuan). It is never a float.
type Money int64

// ParseMoney reads yuan written as a decimal ("12.5"). The empty text is 0. More than two
// decimals are rounded half away from zero.
func ParseMoney(yuan string) (Money, error) {
	yuan = strings.TrimSpace(yuan)
	if yuan == "" {
		return 0, nil
	}
	d, err := decimal.NewFromString(yuan)
	if err != nil {
		return 0, Errorf(CodeInvalid, "金额「%s」不是数字", yuan)
	}
	return MoneyOf(d), nil
}

// MoneyOf converts yuan to fen, rounding half away from zero.
func MoneyOf(yuan decimal.Decimal) Money { return Money(yuan.Shift(2).Round(0).IntPart()) }

// Yuan returns the amount in yuan.
func (m Money) Yuan() decimal.Decimal { return decimal.New(int64(m), -2) }

// String renders the amount for people: ¥1,234.50.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	whole := fmt.Sprintf("%d", int64(m)/100)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s¥%s.%02d", sign, whole, int64(m)%100)
}

// Quantity is an exact decimal amount of goods, counted in whatever unit stands beside it.
type Quantity = decimal.Decimal

// ParseQuantity reads a decimal quantity; the empty text is 0.
func ParseQuantity(text string) (Quantity, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	if text == "" {
		return decimal.Zero, nil
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, Errorf(CodeInvalid, "数量「%s」不是数字", text)
	}
	return d, nil
}
