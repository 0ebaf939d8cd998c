package import WaybillCore

extension SSHSignature {
    private static let header = "-----BEGIN SSH SIGNATURE-----"
    private static let footer = "\n-----END SSH SIGNATURE-----"

    /// Bytes of the longest file that is read.
    package static let longestFile = 64 << 10

    /// From the text of a signature file, read as OpenSSH reads it: white space between the letters does not count, nor what follows
    /// the last line.
    package init(armored file: [UInt8]) throws(InvalidInput) {
        do throws(InvalidInput) {
            try self.init(blob: Self.blob(of: file))
        } catch { throw InvalidInput("not an SSH signature: \(error.message)") }
    }

    private static func blob(of file: [UInt8]) throws(InvalidInput) -> [UInt8] {
        guard file.count <= longestFile else { throw InvalidInput("longer than 64 KiB") }
        guard file.starts(with: header.utf8) else { throw InvalidInput("it does not begin with '\(header)'") }
        let body = file.dropFirst(header.utf8.count)
        guard body.first == 0x0A else { throw InvalidInput("its first line is longer than '\(header)'") }
        guard let end = body.indices.first(where: { body[$0] == 0x0A && body[$0...].starts(with: footer.utf8) }) else {
            throw InvalidInput("its last line is missing")
        }
        let letters = body[..<end].filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }
        guard let blob = Base64.decode(String(decoding: letters, as: UTF8.self)) else {
            throw InvalidInput("what is between its first and last line is not base64")
        }
        return blob
    }

    /// The text of a signature file, byte for byte as `ssh-keygen` writes it.
    package var armored: String {
        var text = Self.header + "\n"
        var letters = Substring(Base64.encode(blob))
        while !letters.isEmpty {
            text += letters.prefix(70) + "\n"
            letters = letters.dropFirst(70)
        }
        return text + Self.footer.dropFirst() + "\n"
    }
}
