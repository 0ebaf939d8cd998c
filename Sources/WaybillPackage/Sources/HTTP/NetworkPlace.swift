import Glibc
import WaybillCore

/// How far away an address is: a server far away has no business to send us to one nearby.
enum NetworkPlace: Comparable, Sendable {
    /// Other machines, anywhere.
    case far
    /// The operator's own network.
    case near
    /// This link, where clouds keep the credentials of a machine.
    case link
    /// This machine.
    case loopback

    /// By the name alone; nil when only a resolver can say.
    init?(host: String) {
        if host == "localhost" || host.hasSuffix(".localhost") {
            self = .loopback
        } else if host == "metadata.google.internal" || host == "instance-data.ec2.internal" {
            self = .link
        } else {
            guard let bytes = Self.bytes(of: host) else { return nil }
            if bytes.count == 4 { self.init(ipv4: bytes) } else { self.init(ipv6: bytes) }
        }
    }

    /// The bytes of an IP address, 4 or 16; nil when `host` is none.
    static func bytes(of host: String) -> [UInt8]? {
        if host.contains(":") {
            var address = in6_addr()
            guard inet_pton(AF_INET6, host, &address) == 1 else { return nil }
            return withUnsafeBytes(of: &address) { Array($0) }
        }
        var address = in_addr()
        guard inet_pton(AF_INET, host, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }

    private init(ipv4 bytes: [UInt8]) {
        switch (bytes[0], bytes[1]) {
        case (127, _), (0, _): self = .loopback
        // 100.100.100.200 and 192.0.0.192 are metadata services too.
        case (169, 254): self = .link
        case (100, 100) where bytes[2] == 100 && bytes[3] == 200: self = .link
        case (192, 0) where bytes[2] == 0 && bytes[3] == 192: self = .link
        case (10, _), (172, 16...31), (192, 168), (100, 64...127): self = .near
        case _: self = .far
        }
    }

    private init(ipv6 bytes: [UInt8]) {
        let isZero = bytes[..<10].allSatisfy { $0 == 0 }
        if isZero, bytes[10] == 0xff, bytes[11] == 0xff {
            self.init(ipv4: Array(bytes[12...]))
        } else if isZero, bytes[10] == 0, bytes[11] == 0, bytes[12...14].allSatisfy({ $0 == 0 }) {
            self = .loopback  // :: and ::1
        } else if isZero, bytes[10] == 0, bytes[11] == 0 {
            self.init(ipv4: Array(bytes[12...]))
        } else if bytes[..<12] == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0] {
            self.init(ipv4: Array(bytes[12...]))  // NAT64
        } else if bytes[0] == 0xfe, bytes[1] & 0xc0 == 0x80 {
            self = .link
        } else if bytes == [0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54] {
            self = .link  // the metadata service of AWS
        } else if bytes[0] & 0xfe == 0xfc {
            self = .near
        } else {
            self = .far
        }
    }

    /// The nearest of the addresses that `host` has. A name that does not resolve is far: the connection will say so.
    static func resolving(_ host: String, by work: BlockingWork) async throws(Failure) -> NetworkPlace {
        if let known = NetworkPlace(host: host) { return known }
        return try await work.run { (_) throws(Failure) in nearest(of: host) }
    }

    private static func nearest(of host: String) -> NetworkPlace {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return .far }
        defer { freeaddrinfo(list) }
        var nearest = NetworkPlace.far
        var next = list
        while let entry = next?.pointee {
            if let place = NetworkPlace(entry) { nearest = max(nearest, place) }
            next = entry.ai_next
        }
        return nearest
    }

    private init?(_ entry: addrinfo) {
        guard let address = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in>.size:
            self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                NetworkPlace(ipv4: withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) })
            }
        case AF_INET6 where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size:
            self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                NetworkPlace(ipv6: withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) })
            }
        case _: return nil
        }
    }
}
