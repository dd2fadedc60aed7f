package orders

// ClassKind is a way of sorting orders (归类).
type ClassKind string

// The kinds of classes, in the order in which they are shown.
const (
	ClassRegion ClassKind = "region" // 销售区域: one an order
	ClassLine   ClassKind = "line"   // 产品线: as many as its goods belong to
	ClassMode   ClassKind = "mode"   // 计价模式: as many as its lines are priced by
)

// ClassKinds are all of them.
var ClassKinds = []ClassKind{ClassRegion, ClassLine, ClassMode}

// String returns the Chinese word.
func (k ClassKind) String() string {
	switch k {
	case ClassRegion:
		return "区域"
	case ClassLine:
		return "产品线"
	default:
		return "计价模式"
	}
}

// Class is one that an order was sorted into.
type Class struct {
	Kind ClassKind `json:"kind"`
	Name string    `json:"name"`
}

// ClassNames returns the names of the order's classes of a kind.
func (o *Order) ClassNames(kind ClassKind) []string {
	var out []string
	for _, c := range o.Classes {
		if c.Kind == kind {
			out = append(out, c.Name)
		}
	}
	return out
}
