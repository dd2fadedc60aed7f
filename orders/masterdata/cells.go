package masterdata

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// split cuts a cell at any of the separators and drops empty pieces.
func split(cell, separators string) []string {
	var pieces []string
	for piece := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if piece = strings.TrimSpace(piece); piece != "" {
			pieces = append(pieces, piece)
		}
	}
	return pieces
}

// pairs reads name=value;name=value.
func pairs(cell string, each func(name, value string) error) error {
	for _, piece := range split(cell, ";；") {
		name, value, ok := strings.Cut(strings.ReplaceAll(piece, "＝", "="), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" {
			return fmt.Errorf("「%s」要写成 名称=值", piece)
		}
		if err := each(name, value); err != nil {
			return err
		}
	}
	return nil
}

// amount reads a number that is not below zero.
func amount(cell string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(strings.ReplaceAll(cell, ",", ""))
	if err != nil {
		return d, fmt.Errorf("「%s」不是数字", cell)
	}
	if d.IsNegative() {
		return d, fmt.Errorf("「%s」不能是负数", cell)
	}
	return d, nil
}

func price(cell string) (*decimal.Decimal, error) {
	d, err := amount(cell)
	return &d, err
}

func packs(cell string) ([]orders.Pack, error) {
	var all []orders.Pack
	err := pairs(cell, func(unit, text string) error {
		size, err := amount(text)
		if err == nil && !size.IsPositive() {
			err = fmt.Errorf("「%s」要大于 0", text)
		}
		all = append(all, orders.Pack{Unit: unit, Size: size})
		return err
	})
	return all, err
}

func parts(cell string) (map[orders.ProductCode]orders.Quantity, error) {
	all := map[orders.ProductCode]orders.Quantity{}
	err := pairs(cell, func(code, text string) error {
		quantity, err := amount(text)
		if err == nil && !quantity.IsPositive() {
			err = fmt.Errorf("「%s」要大于 0", text)
		}
		all[orders.ProductCode(code)] = quantity
		return err
	})
	return all, err
}

func licences(cell string) (map[string]time.Time, error) {
	all := map[string]time.Time{}
	err := pairs(cell, func(name, text string) (err error) {
		all[name], err = date(text)
		return err
	})
	return all, err
}

// beijing is the zone of dates without one.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// date reads a day, or a day with a time, in Beijing.
func date(cell string) (time.Time, error) {
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "2006-1-2 15:04", "2006-1-2 15:04:05", "2006/1/2 15:04"} {
		if t, err := time.ParseInLocation(layout, cell, beijing); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse(time.RFC3339, cell); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("「%s」不是日期，要写成 2026-03-31", cell)
}

// oneOf looks a word up, in either case.
func oneOf[T any](cell string, words map[string]T) (T, error) {
	for word, value := range words {
		if strings.EqualFold(word, cell) {
			return value, nil
		}
	}
	var none T
	return none, fmt.Errorf("「%s」只能是 %s 之一", cell, strings.Join(slices.Sorted(maps.Keys(words)), "、"))
}

// roles reads role words, Chinese or English, joined by semicolons.
func roles(cell string) ([]orders.Role, error) {
	words := map[string]orders.Role{}
	for role, chinese := range orders.RoleNames {
		words[string(role)], words[chinese] = role, role
	}
	var all []orders.Role
	for _, word := range split(cell, ";；|、") {
		role, ok := words[word]
		if !ok {
			if role, ok = words[strings.ToLower(word)]; !ok {
				return nil, fmt.Errorf("没有「%s」这个角色", word)
			}
		}
		all = append(all, role)
	}
	return all, nil
}
