import WaybillCore

extension [UInt64] {
    /// All numbers multiplied, 1 for none; nil when that is more than 64 bits hold.
    var product: UInt64? {
        // A zero makes the product zero, whatever stands before it.
        if contains(0) { return 0 }
        var product: UInt64 = 1
        for number in self {
            let (next, overflow) = product.multipliedReportingOverflow(by: number)
            if overflow { return nil }
            product = next
        }
        return product
    }
}

extension [TensorFact] {
    /// How many numbers all tensors hold.
    func elements() throws(InspectionError) -> UInt64 {
        var sum: UInt64 = 0
        for tensor in self {
            guard let product = tensor.shape.product,
                case (let next, let overflow) = sum.addingReportingOverflow(product), !overflow
            else { throw tensor.outOfRange }
            sum = next
        }
        return sum
    }
}

extension TensorFact {
    /// The name as messages show it.
    var shown: String { "tensor '\(name.prefix(80))'" }
    var outOfRange: InspectionError { .malformed("\(shown): the product of its shape is out of range") }

    /// Bytes of all elements, in blocks of `block` elements that take `size` bytes; a last block that is not full is refused.
    func bytes(block: UInt64, size: UInt64) throws(InspectionError) -> UInt64 {
        guard let elements = shape.product,
            case (let bytes, let overflow) = (elements / block).multipliedReportingOverflow(by: size), !overflow
        else { throw outOfRange }
        guard elements % block == 0 else {
            throw .malformed("\(shown) has \(elements) elements, which \(dtype) holds in blocks of \(block)")
        }
        return bytes
    }
}
