import WaybillCore

/// Where the large files of a repository are.
enum LFSPlace: Hashable, Sendable {
    /// A server of Git LFS.
    case server(WebAddress)
    /// Its ssh host says where; where by convention, when it does not.
    case host(RemoteAddress, otherwise: WebAddress)
    /// A repository in a folder of this machine, with the objects in it.
    case folder(RemoteAddress, path: String)
}

/// Where the Git LFS server of a repository is: as `.lfsconfig` of its commit says, else where its remote's is by convention.
enum LFSEndpoint {
    static let settingsFile = ".lfsconfig"

    /// - Throws: `InvalidInput` that says what to set.
    static func place(settings: [UInt8]?, remote: RemoteAddress?) throws(InvalidInput) -> LFSPlace {
        if let settings, let text = url(in: String(decoding: settings, as: UTF8.self)) {
            do throws(InvalidInput) {
                let text = trimmed(text)
                if text.lowercased().hasPrefix("http") { return .server(try WebAddress(parsing: text)) }
                return try place(of: try RemoteAddress(parsing: text))
            } catch {
                throw InvalidInput("'lfs.url' of \(settingsFile): \(error.message)")
            }
        }
        guard let remote else {
            throw InvalidInput(
                "where the server of Git LFS is cannot be told, because no repository is configured; name it as 'lfs.url' in "
                    + "\(settingsFile) at the repository's top, or as 'sources.lfs' in waybill.yaml")
        }
        return try place(of: remote)
    }

    private static func place(of remote: RemoteAddress) throws(InvalidInput) -> LFSPlace {
        switch remote {
        case .https(let host, let port, let path):
            return .server(WebAddress(scheme: .https, host: host, port: port, target: target(path)))
        case .ssh(_, let host, _, let path):
            let convention = WebAddress(
                scheme: .https, host: host, target: target(path.hasPrefix("/") ? path : "/\(path)"))
            return .host(remote, otherwise: convention)
        case .folder(let path): return .folder(remote, path: path)
        }
    }

    /// The convention of Git LFS: `PATH.git/info/lfs`.
    private static func target(_ path: String) -> String {
        let path = trimmed(path)
        return "\(path)\(path.hasSuffix(".git") ? "" : ".git")/info/lfs"
    }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// `url` of the section `lfs`, as git's own settings are written.
    private static func url(in text: String) -> String? {
        var isOurs = false
        var found: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("[") {
                isOurs = line.prefix { $0 != "]" }.dropFirst().lowercased() == "lfs"
            } else if isOurs, !line.hasPrefix("#"), !line.hasPrefix(";"), let sign = line.firstIndex(of: "=") {
                let name = line[..<sign].filter { $0 != " " && $0 != "\t" }.lowercased()
                guard name == "url" else { continue }
                let value = line[line.index(after: sign)...].prefix { $0 != ";" && $0 != "#" }
                found = String(value.filter { $0 != "\"" && $0 != " " && $0 != "\t" })
            }
        }
        return found
    }
}
