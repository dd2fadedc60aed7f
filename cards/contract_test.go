package cards_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
)

func TestUppercase(t *testing.T) {
	t.Parallel()
	for fen, want := range map[orders.Money]string{
		0: "零元整", 1: "壹分", 10: "壹角", 12: "壹角贰分", 100: "壹元整", 105: "壹元零伍分", 150: "壹元伍角", 1_000: "壹拾元整", 1_234_567: "壹万贰仟叁佰肆拾伍元陆角柒分",
		10_005: "壹佰元零伍分", 100_100: "壹仟零壹元整", 1_000_000: "壹万元整", 1_000_500: "壹万零伍元整", 10_010_000: "壹拾万零壹佰元整", 100_000_001: "壹佰万元零壹分",
		1_000_000_000: "壹仟万元整", 10_000_000_000: "壹亿元整", 10_000_001_000: "壹亿零壹拾元整", 12_000_000_000_000: "壹仟贰佰亿元整", 100_000_000_000_000: "壹万亿元整", -250: "负贰元伍角",
	} {
		require.Equal(t, want, cards.Uppercase(fen), "%d", fen)
	}
}
