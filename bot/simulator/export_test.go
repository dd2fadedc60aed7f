package simulator

// Sum is Kuaidi100's signature, for the vectors of its documentation.
var Sum = sum
