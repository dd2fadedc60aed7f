package orders

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed intake/data/regions.txt
var regionData string

// greatRegions are the large regions of China that people speak of (华东), each with its provinces.
var greatRegions = map[string][]string{
	"华东": {"上海", "江苏", "浙江", "安徽", "福建", "江西", "山东"},
	"华北": {"北京", "天津", "河北", "山西", "内蒙古"},
	"东北": {"辽宁", "吉林", "黑龙江"},
	"华中": {"河南", "湖北", "湖南"},
	"华南": {"广东", "广西", "海南"},
	"西南": {"重庆", "四川", "贵州", "云南", "西藏"},
	"西北": {"陕西", "甘肃", "青海", "宁夏", "新疆"},
}

// everywhere is the region that every place is in.
const everywhere = "全国"

// divisionEnd fits what ends the official name of a province or city.
var divisionEnd = regexp.MustCompile(`(?:壮族|回族|维吾尔)?自治区$|省$|市$`)

// provinceOfCity gives the province of each city and province by its short name: 南京 → 江苏, 江苏 → 江苏.
var provinceOfCity = sync.OnceValue(func() map[string]string {
	out := make(map[string]string)
	for line := range strings.Lines(regionData) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] == "#" || f[0] == "-" {
			continue
		}
		province := divisionEnd.ReplaceAllString(f[0], "")
		out[province] = province
		city, isCity := strings.CutSuffix(f[1], "市")
		if _, taken := out[city]; isCity && !taken && utf8.RuneCountInString(city) > 1 {
			out[city] = province
		}
	}
	return out
})

// provinceOf returns the province that an address is in, "" where it names none and no city: of those it names the first counts. Short names
// count at its beginning only: 南京江宁区, but not 东方大厦.
func provinceOf(address string) string {
	address = strings.TrimPrefix(strings.TrimSpace(address), "中国")
	first, found, size := len(address), "", 0
	for name, province := range provinceOfCity() {
		at := -1
		if strings.HasPrefix(address, name) && PlaceIn(address, name) == 0 {
			at = 0
		}
		for _, end := range []string{"省", "市"} {
			if i := PlaceIn(address, name+end); i >= 0 && (at < 0 || i < at) {
				at = i
			}
		}
		if at >= 0 && (at < first || at == first && len(name) > size) {
			first, found, size = at, province, len(name)
		}
	}
	return found
}

// aRoad begins what follows a place's name in the name of a road: 北京路, 南京西路. 海淀街道 is a place.
var aRoad = regexp.MustCompile(`^[东西南北中一二三四五六七八九十\d]{0,2}(?:路|大道|大街|街(?:[^道]|$)|巷|胡同)`)

// PlaceIn returns where an address names a place that does not only name a road there, in bytes; -1 where it does not.
func PlaceIn(address, place string) int {
	for at := 0; place != ""; at += len(place) {
		i := strings.Index(address[at:], place)
		if i < 0 {
			break
		}
		if at += i; !aRoad.MatchString(address[at+len(place):]) {
			return at
		}
	}
	return -1
}

// regionFit tells how closely a region (全国, 华东, 江苏, a city, what the customer list calls a region) fits where an order goes: 0 not at
// all, more for what is closer.
func (c *Catalog) regionFit(region string, o *Order) int {
	address, own := o.Address, ""
	if customer := c.Customer(o.Customer); customer != nil {
		if address == "" {
			address = customer.Address
		}
		if address == customer.Address {
			own = customer.Region
		}
	}
	short := divisionEnd.ReplaceAllString(region, "")
	province := provinceOf(address)
	switch {
	case region == "" || region == everywhere:
		return 1
	case greatRegions[region] != nil:
		if slices.Contains(greatRegions[region], province) || province == "" && own == region {
			return 2
		}
		return 0
	case province != "" && province == short:
		return 3
	case provinceOfCity()[short] == short:
		return 0 // another province: 吉林 is also a city's name, 上海 that of many roads
	case own != "" && own == region:
		return 4
	case province != "" && provinceOfCity()[short] != "" && provinceOfCity()[short] != province:
		return 0 // 朝阳 is a city of 辽宁, and a district of 北京
	case utf8.RuneCountInString(short) > 1 && PlaceIn(address, short) >= 0:
		return 5
	default:
		return 0
	}
}

// KnowsRegion tells whether a region is a name that is known, or that of a customer's place.
func (c *Catalog) KnowsRegion(region string) bool {
	if short := divisionEnd.ReplaceAllString(region, ""); region == everywhere || greatRegions[region] != nil || provinceOfCity()[short] != "" {
		return true
	}
	return slices.ContainsFunc(c.Customers(), func(x *Customer) bool { return c.regionFit(region, &Order{Customer: x.Code}) > 0 })
}
