package masterdata_test

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"orderbot/orders"
	"orderbot/orders/masterdata"
)

func TestFoldersOfTheCorpus(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]int{"medical": {122, 40}, "hardware": {124, 40}} {
		m, err := masterdata.ReadFolder(os.DirFS("../intake/testdata/corpus/" + name))
		require.NoError(t, err)
		require.Len(t, m.Products, want[0])
		require.Len(t, m.Customers, want[1])
		require.NotEmpty(t, m.Items)
		require.NotEmpty(t, m.History)
	}
	m, err := masterdata.ReadFolder(os.DirFS("../intake/testdata/corpus/medical"))
	require.NoError(t, err)
	p := m.Products[0]
	require.Equal(t, orders.ProductCode("P001"), p.Code)
	require.Equal(t, []orders.Pack{
		{Unit: "箱", Size: decimal.NewFromInt(40)},
		{Unit: "只", Size: decimal.RequireFromString("0.02")},
	}, p.Packs)
	require.Equal(t, []string{"医用口罩", "普通口罩", "一次性口罩", "普通医用口罩"}, p.Aliases)
	require.Equal(t, "8.5", p.Price.String())
	require.Equal(t, "2026-01-12", m.History[0].Date)
}

func TestFolderWithoutOptionalFiles(t *testing.T) {
	t.Parallel()
	m, err := masterdata.ReadFolder(fstest.MapFS{
		"products.csv":  {Data: []byte("\ufeffcode,name,unit\nP1,口罩,盒\n")},
		"customers.csv": {Data: []byte("code,name\nC1,一院\n")},
	})
	require.NoError(t, err)
	require.Len(t, m.Products, 1)
	require.Empty(t, m.History)

	_, err = masterdata.ReadFolder(fstest.MapFS{"products.csv": {Data: []byte("code,name,unit\nP1,,盒\n")}})
	require.EqualError(t, err, "products.csv: 第 2 行「name」：没有填\nopen customers.csv: file does not exist")
}

func TestChineseHeadersInAnyOrder(t *testing.T) {
	t.Parallel()
	text := "名称,产品编码, 单位 ,包装换算,组成,进口,批次管理,BOM有效期,颜色\n" +
		"套装,P9,套,箱＝10；件=100,P1=2;P2=1,是,批次,2027-03-31,红\n\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	require.NoError(t, err)
	for name, data := range map[string][]byte{"UTF-8": []byte(text), "GBK": gbk} {
		rows, err := masterdata.ReadCSV(data)
		require.NoError(t, err, name)
		table, err := masterdata.Products(rows)
		require.NoError(t, err, name)
		require.Equal(t, []string{"颜色"}, table.Unknown)
		require.Equal(t, []orders.Product{{
			Code: "P9", Name: "套装", Unit: "套",
			Packs:    []orders.Pack{{Unit: "箱", Size: decimal.NewFromInt(10)}, {Unit: "件", Size: decimal.NewFromInt(100)}},
			Parts:    map[orders.ProductCode]orders.Quantity{"P1": decimal.NewFromInt(2), "P2": decimal.NewFromInt(1)},
			Imported: true, Tracking: "batch", BOMUntil: table.Records[0].BOMUntil,
		}}, table.Records)
		require.Equal(t, "2027-03-31T00:00:00+08:00", table.Records[0].BOMUntil.Format(time.RFC3339))
	}
}

func TestEveryBadCellIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		read func([][]string) error
		rows [][]string
		want string
	}{
		"empty": {problems(masterdata.Products), nil, "第 1 行：表是空的"},
		"columns": {
			problems(masterdata.Products),
			[][]string{{"名称", "name", "规格"}},
			"第 1 行「name」：这一列出现了两次\n第 1 行「产品编码」：缺少这一列\n第 1 行「单位」：缺少这一列",
		},
		"cells": {
			problems(masterdata.Products),
			[][]string{
				{},
				{"code", "name", "unit", "packs", "price", "moq", "imported", "bom_until"},
				{"P1", "口罩", "盒", "箱=40", "8.5"},
				{"P2", "", "盒", "箱", "abc", "-1", "也许", "明年"},
				{"", "", ""},
				{"P3", "手套", "盒", "箱=0"},
			},
			"第 4 行「name」：没有填\n第 4 行「packs」：「箱」要写成 名称=值\n第 4 行「price」：「abc」不是数字\n" +
				"第 4 行「moq」：「-1」不能是负数\n第 4 行「imported」：「也许」只能是 no、yes、否、是 之一\n" +
				"第 4 行「bom_until」：「明年」不是日期，要写成 2026-03-31\n第 6 行「packs」：「0」要大于 0",
		},
		"customers": {
			problems(masterdata.Customers),
			[][]string{{"客户编码", "名称", "等级", "资质", "信用额度"}, {"C1", "一院", "D", "许可证", "许多"}},
			"第 2 行「等级」：「D」只能是 A、B、C 之一\n第 2 行「资质」：「许可证」要写成 名称=值\n第 2 行「信用额度」：「许多」不是数字",
		},
		"staff": {
			problems(masterdata.Staff),
			[][]string{{"工号", "姓名", "角色"}, {"S1", "周婷", "销售;仓管"}, {"S2", "陈立", "sales;老板"}},
			"第 3 行「角色」：没有「老板」这个角色",
		},
		"prices": {
			problems(masterdata.Prices),
			[][]string{
				{"product", "category", "scope", "price", "discount"},
				{"P1", "", "客户：C1", "3"},
				{"", "", "老客户", "3"},
				{"P1", "防护", "全部", "3", "95"},
			},
			"第 3 行「scope」：要写成 客户:C001、价格组:…、等级:A、区域:… 或 全部\n第 4 行「discount」：折扣要写成 0.95 这样的小数\n" +
				"第 3 行：产品编码和分类要填一个，也只填一个\n第 4 行：产品编码和分类要填一个，也只填一个\n第 4 行：单价和折扣要填一个，也只填一个",
		},
		"stock": {
			problems(masterdata.Stock),
			[][]string{{"产品编码", "仓库", "在库", "有效期"}, {"P1", "总仓", "1,200", "2027/1/5"}, {"P2", "总仓", "很多"}},
			"第 3 行「在库」：「很多」不是数字",
		},
		"history": {
			problems(masterdata.History),
			[][]string{{"customer", "order", "date", "product", "quantity"}, {"C1", "SO1", "昨天", "P1", "3"}},
			"第 2 行「date」：「昨天」不是日期，要写成 2026-03-31",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, test.read(test.rows), test.want)
		})
	}
}

// problems drops the records of a reader.
func problems[T any](read func([][]string) (masterdata.Table[T], error)) func([][]string) error {
	return func(rows [][]string) error { _, err := read(rows); return err }
}
