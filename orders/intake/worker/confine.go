package worker

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// backstop is how many times its memory limit a worker can map at all. The limit itself is kept by the pool, which looks
// at what is resident: runtime and models map more than they use.
const backstop = 2

// confine sets the limits of this process: on data memory, core files and size of files; it goes before the server where
// the machine's memory ends, and behind it where processors are short.
func confine(memory int64) error {
	if memory <= 0 {
		return nil
	}
	limits := map[int]uint64{syscall.RLIMIT_CORE: 0, syscall.RLIMIT_FSIZE: 256 << 20}
	if mapped, ok := statusKB("/proc/self/status", "VmData"); ok {
		limits[syscall.RLIMIT_DATA] = mapped<<10 + backstop*uint64(memory)
	}
	for what, most := range limits {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // only Linux has it
	return nil
}

// statusKB reads a figure in kB from a process's status file. ok is false where there is none.
func statusKB(path, name string) (kb uint64, ok bool) {
	data, err := os.ReadFile(path) //nolint:gosec // a path below /proc
	if err != nil {
		return 0, false
	}
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		if value, found := strings.CutPrefix(s.Text(), name+":"); found {
			kb, err = strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kb, err == nil
		}
	}
	return 0, false
}

// usage is what a process holds and has used: resident bytes, and processor time in clock ticks of a hundredth second.
func usage(pid int) (resident int64, ticks int64, ok bool) {
	base := "/proc/" + strconv.Itoa(pid)
	kb, ok := statusKB(base+"/status", "VmRSS")
	if !ok {
		return 0, 0, false
	}
	stat, err := os.ReadFile(base + "/stat") //nolint:gosec // a path below /proc
	if err != nil {
		return 0, 0, false
	}
	// Behind the name, which is in brackets and may hold anything: state is field 3, utime 14, stime 15.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return int64(kb << 10), user + system, err1 == nil && err2 == nil //nolint:gosec // memory of a machine
}
