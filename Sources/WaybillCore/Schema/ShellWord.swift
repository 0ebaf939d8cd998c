extension String {
    /// As one word of a POSIX shell.
    package var shellQuoted: String {
        let safe = utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                || "-_./:@%+=,".utf8.contains($0)
        }
        if safe && !isEmpty { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
