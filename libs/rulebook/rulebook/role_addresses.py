"""Addresses that name a task and not a person, in the languages of our users.

Source: RFC 2142 (mailbox names for common services, roles and functions) and the words that company websites
use for the same tasks. A company's rulebook may say others: `matching.role_addresses`.
"""

_GENERAL = (
    "info information informacion informacio informacoes informacao informazioni informatii contact "
    "contacto contato contatti contatto contactar hello hola ola ciao salut mail email correo office "
    "oficina escritorio ufficio birou reception recepcion recepcao reception receptie segreteria "
    "secretaria secretariat kontakt mailbox post web website webmaster hostmaster postmaster admin "
    "administrator administracion administracao amministrazione administratie administratia team equipo "
    "equipe everyone all"
)
_SELLING = (
    "sales sale vente ventes ventas venta vendas vendite vanzari verkauf vertrieb comercial commerciale "
    "commercial orders order pedidos encomendas ordini comenzi compras purchasing procurement acquisti "
    "achizitii achats einkauf quotes quote presupuestos orcamentos preventivi oferte tienda loja "
    "negozio magazin shop store"
)
_HELPING = (
    "support soporte suporte supporto suport help helpdesk ayuda ajuda assistenza asistencia "
    "assistencia service servicio servico servizio clientes clienti customers customerservice "
    "atencionalcliente atendimento atencion marketing press prensa imprensa stampa presa presse media "
    "pr news newsletter events eventos eventi"
)
_STAFF = (
    "hr rrhh rh jobs job empleo emprego lavoro cariere careers career recruiting billing invoices "
    "invoice facturacion faturacao fatturazione facturare accounts accounting contabilidad "
    "contabilidade contabilita contabilitate finance finanzas financeiro legal privacy dpo gdpr abuse "
    "security noc it sysadmin root noreply no-reply donotreply do-not-reply management gerencia "
    "direccion direcao direzione general"
)
ROLE_ADDRESSES: tuple[str, ...] = tuple(
    dict.fromkeys(" ".join((_GENERAL, _SELLING, _HELPING, _STAFF)).split())
)
"""What stands before the @."""
