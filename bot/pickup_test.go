package bot

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereGoodsAreFetched(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"口罩5箱 到朝阳门店自提":   "朝阳门店",
		"口罩5箱，自提，中山路店":   "中山路店",
		"口罩5箱朝阳门店自提":     "朝阳门店",
		"线上下单，到城西门店提货":   "城西门店",
		"自提点：总仓":         "总仓",
		"提货地点在滨江路18号仓库":  "滨江路18号仓库",
		"在三里屯店自取":        "三里屯店",
		"门店自提":           "",
		"到店自提":           "",
		"自提":             "",
		"送到朝阳门店":         "",
		"我们去仓库自提":        "",
		"老街店的货，自提":       "",
		"发德邦到南城店":        "",
		"明天到江北仓库来提，要20箱": "江北仓库",
	} {
		require.Equal(t, want, placeIn(text), text)
	}
}
