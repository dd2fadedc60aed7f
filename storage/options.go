package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"orderbot/orders"
)

var optionColumns = []column[optionRow]{
	{"product", "产品编码", false, text(codeLen, func(r *optionRow) *string { return &r.Product })},
	{"category", "分类", false, text(nameLen, func(r *optionRow) *string { return &r.Category })},
	{"option", "选项", true, cell[optionRow]{func(r *optionRow, text string) error {
		r.Name = text
		return plainWord(text)
	}, func(r *optionRow) string { return r.Name }}},
	{"values", "可选值", true, cell[optionRow]{setValues, func(r *optionRow) string { return strings.Join(valuesOf(r), "|") }}},
	{"needed", "必选", false, flag(func(r *optionRow) *bool { return &r.Needed })},
}

// optionLen is how many characters an option or a value may have: they stand on buttons.
const optionLen = 20

// plainWord refuses words that could not be told apart from the signs of the tables.
func plainWord(text string) error {
	switch {
	case strings.ContainsAny(text, "=;；|｜?？\n") || text == "":
		return fmt.Errorf("「%s」里不能有 = ; | ?", text)
	case len([]rune(text)) > optionLen:
		return fmt.Errorf("「%s」超过 %d 个字", text, optionLen)
	default:
		return nil
	}
}

func setValues(r *optionRow, text string) error {
	var out []string
	for _, v := range strings.FieldsFunc(text, func(x rune) bool { return strings.ContainsRune("|｜、;；", x) }) {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		if err := plainWord(v); err != nil {
			return err
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return errors.New("要写可以选的值，例如 红色|蓝色")
	}
	r.Choices = toJSON(out)
	return nil
}

func valuesOf(r *optionRow) []string {
	var out []string
	shown(r.Choices, &out)
	return out
}

func (im *importer) options() error {
	byKey := func(r *optionRow) string { return key(r.Product, r.Category, r.Name) }
	stored, err := load(im.db, "product_options", byKey)
	if err != nil {
		return err
	}
	records, err := parse(im, optionColumns, stored, byKey, "option")
	if err != nil {
		return err
	}
	product, _, err := im.known()
	if err != nil {
		return err
	}
	for i := range records {
		switch r := &records[i].row; {
		case (r.Product == "") == (r.Category == ""):
			im.refuse(records[i].no, "product", "产品编码和分类要写一个，只写一个")
		case r.Product != "":
			product(records[i].no, "product", r.Product)
		}
	}
	return store(im, "product_options", optionColumns, records, func(r *optionRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

// The words for what a pairing says.
var pairingWords = map[string]orders.PairingKind{
	"不能配": orders.PairingForbidden, "不能": orders.PairingForbidden, "禁止": orders.PairingForbidden, "不可": orders.PairingForbidden, "互斥": orders.PairingForbidden, "forbidden": orders.PairingForbidden,
	"必须配": orders.PairingRequired, "必须": orders.PairingRequired, "需要": orders.PairingRequired, "依赖": orders.PairingRequired, "required": orders.PairingRequired,
	"可以配": orders.PairingAllowed, "可以": orders.PairingAllowed, "允许": orders.PairingAllowed, "allowed": orders.PairingAllowed,
}

// pairingNames are what people read for them.
var pairingNames = map[orders.PairingKind]string{orders.PairingForbidden: "不能配", orders.PairingRequired: "必须配", orders.PairingAllowed: "可以配"}

var pairingColumns = []column[pairingRow]{
	{"product", "产品编码", false, text(codeLen, func(r *pairingRow) *string { return &r.Product })},
	{"category", "分类", false, text(nameLen, func(r *pairingRow) *string { return &r.Category })},
	{"first", "选配一", true, cell[pairingRow]{func(r *pairingRow, text string) (err error) {
		r.FirstSide, err = side(text, false)
		return err
	}, func(r *pairingRow) string { return r.FirstSide }}},
	{"relation", "关系", true, cell[pairingRow]{func(r *pairingRow, text string) error {
		kind, ok := pairingWords[strings.ToLower(text)]
		if r.Kind = string(kind); !ok {
			return fmt.Errorf("「%s」要写 不能配、必须配、可以配 之一", text)
		}
		return nil
	}, func(r *pairingRow) string { return pairingNames[orders.PairingKind(r.Kind)] }}},
	{"second", "选配二", true, cell[pairingRow]{func(r *pairingRow, text string) (err error) {
		r.SecondSide, err = side(text, true)
		return err
	}, func(r *pairingRow) string { return r.SecondSide }}},
	{"reason", "说明", false, text(longLen, func(r *pairingRow) *string { return &r.Reason })},
}

// side reads a side of a pairing: 颜色=红色, or, where there may be several, 颜色=红色|蓝色 and P001|P002. The name of an option counts for
// the values behind it.
func side(text string, several bool) (string, error) {
	var out []string
	option := ""
	for _, part := range strings.FieldsFunc(text, func(x rune) bool { return strings.ContainsRune("|｜、", x) }) {
		part = strings.TrimSpace(strings.NewReplacer("：", "=", ":", "=", "＝", "=").Replace(part))
		if part == "" {
			continue
		}
		name, value, isOption := strings.Cut(part, "=")
		if !isOption && option != "" {
			name, value, isOption = option, part, true
		}
		if isOption {
			name, value = strings.TrimSpace(name), strings.TrimSpace(value)
			if err := errors.Join(plainWord(name), plainWord(value)); err != nil {
				return "", err
			}
			option, part = name, name+"="+value
		}
		out = append(out, part)
	}
	switch joined := strings.Join(out, "|"); {
	case len(out) == 0:
		return "", errors.New("要写 选项=值，例如 颜色=红色，或者产品编码")
	case len(out) > 1 && !several:
		return "", errors.New("只能写一个，几个请分几行写，或者写在选配二里")
	case len([]rune(joined)) > 128:
		return "", errors.New("太长了，请分几行写")
	default:
		return joined, nil
	}
}

func (im *importer) pairings() error {
	byKey := func(r *pairingRow) string { return key(r.Product, r.Category, r.FirstSide, r.SecondSide) }
	stored, err := load(im.db, "product_pairings", byKey)
	if err != nil {
		return err
	}
	records, err := parse(im, pairingColumns, stored, byKey, "second")
	if err != nil {
		return err
	}
	product, _, err := im.known()
	if err != nil {
		return err
	}
	options, err := load(im.db, "product_options", func(r *optionRow) string { return key(r.Product, r.Category, r.Name) })
	if err != nil {
		return err
	}
	for i := range records {
		r, no := &records[i].row, records[i].no
		if r.Product != "" && r.Category != "" {
			im.refuse(no, "product", "产品编码和分类只写一个；都不写就是所有产品")
		}
		if r.Product != "" {
			product(no, "product", r.Product)
		}
		pairing, err := r.toDomain()
		if err != nil {
			return err
		}
		check := func(column string, c orders.Choice) {
			if c.Option == "" {
				product(no, column, string(c.Product))
				return
			}
			for _, o := range options {
				if o.Name == c.Option && slices.Contains(valuesOf(&o), c.Value) {
					return
				}
			}
			im.refuse(no, column, "没有「%s」这个选项和值，请先导入选配项", c)
		}
		check("first", pairing.First)
		for _, c := range pairing.Second {
			check("second", c)
			if c == pairing.First {
				im.refuse(no, "second", "「%s」和自己没有约束", c)
			}
		}
	}
	return store(im, "product_pairings", pairingColumns, records, func(r *pairingRow) (seq, version *int64) { return &r.Seq, &r.Version })
}
