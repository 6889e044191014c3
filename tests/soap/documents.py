"""WSDLs and envelopes, made to measure."""

from __future__ import annotations

PLACE = "urn:test:rows"
ENVELOPE_11 = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP_12 = "http://schemas.xmlsoap.org/wsdl/soap12/"

ROW = """
<xsd:complexType name="Row"><xsd:sequence>
  <xsd:element name="Id" type="xsd:string"/>
  <xsd:element name="Count" type="xsd:int"/>
  <xsd:element name="Note" type="xsd:string" minOccurs="0" nillable="true"/>
  <xsd:element name="Price" type="xsd:decimal" minOccurs="0"/>
</xsd:sequence></xsd:complexType>
<xsd:complexType name="Rows"><xsd:sequence>
  <xsd:element name="Row" type="t:Row" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence></xsd:complexType>
"""

KEYS = '<xsd:element name="Id" type="xsd:string" minOccurs="0" maxOccurs="unbounded"/>'

RESPONSE = '<xsd:sequence><xsd:element name="Rows" type="t:Rows"/></xsd:sequence>'

SCHEMA = (
    f'<xsd:schema targetNamespace="{PLACE}" xmlns:t="{PLACE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    f'elementFormDefault="qualified">%s</xsd:schema>'
)


def wsdl(
    address: str,
    *,
    keys: str = KEYS,
    response: str = RESPONSE,
    types: str = ROW,
    before: str = "",
    soap: str = SOAP_11,
) -> bytes:
    """A service with a read, GetRows, and a write, PutRow, that may answer the faults NoRoom and BadRow.

    Args:
        address: the service's.
        keys: what stands inside of the request's element Ids.
        response: the content of the type of GetRowsResponse.
        types: the schema's types, or its imports.
        before: what stands before the document element.
        soap: the namespace of the binding, which tells the version.
    """
    return f"""<?xml version="1.0" encoding="utf-8"?>{before}
<wsdl:definitions targetNamespace="{PLACE}" xmlns:t="{PLACE}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="{soap}" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<wsdl:types><xsd:schema targetNamespace="{PLACE}" elementFormDefault="qualified">{types}
  <xsd:element name="GetRows"><xsd:complexType><xsd:sequence>
    <xsd:element name="Ids"><xsd:complexType><xsd:sequence>
      {keys}
    </xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="Region" type="xsd:string" minOccurs="0"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="GetRowsResponse"><xsd:complexType>{response}</xsd:complexType></xsd:element>
  <xsd:element name="PutRow"><xsd:complexType><xsd:sequence>
    <xsd:element name="Id" type="xsd:string"/><xsd:element name="Count" type="xsd:int"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="PutRowResponse"><xsd:complexType><xsd:sequence>
    <xsd:element name="Total" type="xsd:int"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="NoRoom"><xsd:complexType><xsd:sequence>
    <xsd:element name="Left" type="xsd:int"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="BadRow" type="xsd:string"/>
  <xsd:element name="Poke" type="xsd:string"/>
</xsd:schema></wsdl:types>
{"".join(_message(name) for name in _ELEMENTS)}
<wsdl:portType name="Port">
  <wsdl:operation name="GetRows">
    <wsdl:input message="t:GetRows"/><wsdl:output message="t:GetRowsResponse"/></wsdl:operation>
  <wsdl:operation name="PutRow">
    <wsdl:input message="t:PutRow"/><wsdl:output message="t:PutRowResponse"/>
    <wsdl:fault name="NoRoom" message="t:NoRoom"/><wsdl:fault name="BadRow" message="t:BadRow"/>
  </wsdl:operation>
  <wsdl:operation name="Poke"><wsdl:input message="t:Poke"/></wsdl:operation>
</wsdl:portType>
<wsdl:binding name="Binding" type="t:Port">
  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
  <wsdl:operation name="GetRows"><soap:operation soapAction="{PLACE}:GetRows"/>
    <wsdl:input><soap:body use="literal"/></wsdl:input>
    <wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>
  <wsdl:operation name="PutRow"><soap:operation soapAction="{PLACE}:PutRow"/>
    <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
    <wsdl:fault name="NoRoom"><soap:fault name="NoRoom" use="literal"/></wsdl:fault>
    <wsdl:fault name="BadRow"><soap:fault name="BadRow" use="literal"/></wsdl:fault></wsdl:operation>
  <wsdl:operation name="Poke"><soap:operation soapAction="{PLACE}:Poke"/>
    <wsdl:input><soap:body use="literal"/></wsdl:input></wsdl:operation>
</wsdl:binding>
<wsdl:service name="Service"><wsdl:port name="Port" binding="t:Binding">
  <soap:address location="{address}"/>
</wsdl:port></wsdl:service>
</wsdl:definitions>""".encode()


_ELEMENTS = ("GetRows", "GetRowsResponse", "PutRow", "PutRowResponse", "NoRoom", "BadRow", "Poke")


def _message(name: str) -> str:
    return f'<wsdl:message name="{name}"><wsdl:part name="parameters" element="t:{name}"/></wsdl:message>'


def envelope(content: str, namespace: str = ENVELOPE_11, before: str = "") -> bytes:
    """An envelope around XML text."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}'
        f'<e:Envelope xmlns:e="{namespace}"><e:Body>{content}</e:Body></e:Envelope>'
    ).encode()


def fault(code: str, detail: str = "", text: str = "hunter2 at http://10.0.0.7/") -> str:
    """A SOAP 1.1 fault."""
    return (
        f"<e:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        f"{f'<detail>{detail}</detail>' if detail else ''}</e:Fault>"
    )


def fault_12(code: str, *subcodes: str, detail: str = "") -> str:
    """A SOAP 1.2 fault with subcodes inside one another."""
    inner = ""
    for subcode in reversed(subcodes):
        inner = f"<e:Subcode><e:Value>{subcode}</e:Value>{inner}</e:Subcode>"
    return (
        f"<e:Fault><e:Code><e:Value>{code}</e:Value>{inner}</e:Code>"
        f'<e:Reason><e:Text xml:lang="en">hunter2 at http://10.0.0.7/</e:Text></e:Reason>'
        f"{f'<e:Detail>{detail}</e:Detail>' if detail else ''}</e:Fault>"
    )


def included(location: str) -> str:
    """What a schema says to take in another."""
    return f'<xsd:include schemaLocation="{location}"/>'
