import Glibc
import WaybillCore

extension LabelledSet {
    /// Reads the set in the file at `path`, 64 KiB at a time; `.csv` is CSV, `.jsonl` and `.ndjson` are JSON Lines.
    package static func read(
        path: String, columns: [ColumnRequest], limits: LabelledSetLimits = .init()
    ) throws(LabelledSetError) -> LabelledSet {
        try read(path: path, named: path, format: try LabelledSetFormat(path: path), columns: columns, limits: limits)
    }

    /// The same, of a file that errors call `name`, whatever it is called here.
    package static func read(
        path: String, named name: String, format: LabelledSetFormat, columns: [ColumnRequest],
        limits: LabelledSetLimits = .init()
    ) throws(LabelledSetError) -> LabelledSet {
        var reader = LabelledSetReader(file: name, format: format, columns: columns, limits: limits)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw LabelledSetError(.unreadable, path, "cannot be opened: \(reason())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LabelledSetError(.unreadable, path, "is not a regular file")
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { room.deallocate() }
        while true {
            let got = Glibc.read(descriptor, room.baseAddress, room.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw LabelledSetError(.unreadable, path, "cannot be read: \(reason())") }
            if got == 0 { return try reader.finish() }
            try reader.feed(UnsafeRawBufferPointer(rebasing: room[..<got]))
        }
    }

    /// The same of bytes that are in memory.
    package static func read(
        _ bytes: [UInt8], named name: String, format: LabelledSetFormat, columns: [ColumnRequest]
    ) throws(LabelledSetError) -> LabelledSet {
        var reader = LabelledSetReader(file: name, format: format, columns: columns)
        let fed = bytes.withUnsafeBytes { bytes in
            Result { () throws(LabelledSetError) in try reader.feed(bytes) }
        }
        try fed.get()
        return try reader.finish()
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

extension LabelledSetFormat {
    /// The format that a file's name says.
    /// - Throws: for any other, with the way to convert it.
    package init(path: String) throws(LabelledSetError) {
        let name = path.split(separator: "/").last ?? ""
        let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() }
        switch ending {
        case "csv": self = .csv
        case "jsonl", "ndjson": self = .jsonLines
        case "parquet", "pq":
            throw LabelledSetError(
                .unsupported, path, "is Parquet, which is not read here", hint: Self.parquetHint)
        case _:
            throw LabelledSetError(
                .unsupported, path, "has no known ending", hint: "name it .csv, or .jsonl for one JSON object a line")
        }
    }

    static let parquetHint =
        "convert it: python3 -c 'import pandas, sys; pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)' "
        + "set.parquet set.csv"
}
