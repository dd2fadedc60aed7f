package orders_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
)

// However an order is split, its batches are the whole of it: every base unit, every fen of lines and freight, every gift.
//
// feature: DM-04
func TestBatchesAreTheWholeOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := &orders.Order{ID: "SO202603110001", Freight: orders.Freight{Amount: 1501, Rule: "运费"}}
		for no := range rapid.IntRange(1, 4).Draw(t, "lines") {
			size := decimal.NewFromInt(rapid.SampledFrom([]int64{1, 12, 40}).Draw(t, "size"))
			quantity := decimal.New(rapid.Int64Range(1, 500).Draw(t, "quantity"), rapid.SampledFrom([]int32{0, 0, -1}).Draw(t, "places"))
			price := decimal.New(rapid.Int64Range(1, 999_999).Draw(t, "price"), -3)
			l := orders.Line{
				No: no + 1, Product: "P", Name: "口罩", Quantity: quantity, Unit: "箱", Base: quantity.Mul(size), BaseUnit: "盒", Price: price,
				Gift: rapid.IntRange(0, 4).Draw(t, "gift") == 0,
			}
			if l.Amount = orders.MoneyOf(price.Mul(quantity)); l.Gift {
				l.Price, l.Amount = decimal.Zero, 0
			}
			o.Lines = append(o.Lines, l)
			o.Total += l.Amount
		}
		parts := make([]orders.Part, rapid.IntRange(2, 4).Draw(t, "batches"))
		for i := range parts[:len(parts)-1] {
			parts[i].Base = make(map[int]orders.Quantity)
			for _, l := range o.Lines {
				if n := l.Base.Mul(decimal.NewFromInt(rapid.Int64Range(0, 40).Draw(t, "percent"))).Shift(-2).Floor(); n.IsPositive() {
					parts[i].Base[l.No] = n
				}
			}
		}
		batches, err := o.Batches(parts)
		if err != nil { // a batch without goods, or more than there is
			require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
			return
		}
		var sum, freight orders.Money
		base := make(map[int]decimal.Decimal)
		for _, b := range batches {
			var total orders.Money
			require.NotEmpty(t, b.Lines)
			for _, l := range b.Lines {
				require.True(t, l.Base.IsPositive())
				require.GreaterOrEqual(t, l.Amount, orders.Money(0))
				require.Equal(t, o.Lines[l.No-1].Gift, l.Gift)
				base[l.No] = base[l.No].Add(l.Base)
				total += l.Amount
			}
			require.Equal(t, b.Total, total)
			sum, freight = sum+total, freight+b.Freight.Amount
		}
		require.Equal(t, o.Total, sum)
		require.Equal(t, o.Freight.Amount, freight)
		for _, l := range o.Lines {
			require.True(t, l.Base.Equal(base[l.No]))
		}
	})
}

// What is worth less than a fen a batch is parted so that no batch costs less than nothing.
func TestSmallAmountsAreParted(t *testing.T) {
	t.Parallel()
	ten := decimal.NewFromInt(10)
	for amount := range orders.Money(30) {
		o := &orders.Order{ID: "SO202603110001", Total: amount, Lines: []orders.Line{{No: 1, Product: "P", Name: "垫片", Quantity: ten, Unit: "个", Base: ten, BaseUnit: "个", Amount: amount}}}
		parts := make([]orders.Part, 10)
		for i := range parts {
			parts[i].Base = map[int]decimal.Decimal{1: decimal.NewFromInt(1)}
		}
		batches, err := o.Batches(parts)
		require.NoError(t, err)
		var sum orders.Money
		for _, b := range batches {
			require.GreaterOrEqual(t, b.Total, orders.Money(0))
			sum += b.Total
		}
		require.Equal(t, amount, sum)
	}
}
