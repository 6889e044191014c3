// node's `soap` behind the shop's WSDL: `node node_soap.js FOLDER_OF_NODE_MODULES`; prints its address.
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');

const soap = require(require.resolve('soap', { paths: [process.argv[2]] }));

const service = {
  ShopService: {
    ShopPort: {
      GetItems(request) {
        const { Sku = [] } = request || {};
        const skus = Array.isArray(Sku) ? Sku : [Sku];
        return {
          Item: skus.filter((sku) => sku !== 'none').map((sku) => ({
            attributes: { rank: 7 },
            Sku: sku,
            Count: sku.length,
            Price: '12.50',
            Open: true,
            Since: '2026-05-04T03:02:01Z',
            Tag: ['a & b', '<c>'],
          })),
        };
      },
      PutItem({ Item }) {
        if (Number(Item.Count) > 100) {
          throw {
            Fault: {
              faultcode: 'soap:Client',
              faultstring: 'no room at /var/www/shop',
              detail: { NoRoom: { Left: 3, Reason: 'full', Stack: 'at node_soap.js' } },
            },
          };
        }
        return { Item };
      },
    },
  },
};

const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(0, '127.0.0.1', () => {
  soap.listen(server, '/shop', service, fs.readFileSync(path.join(__dirname, 'shop.wsdl'), 'utf8'));
  console.log(`http://127.0.0.1:${server.address().port}/shop`);
});
