import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-32VXMOMV.js";import"./chunk-UBZ7NT4X.js";import"./chunk-QR5UZHVJ.js";import"./chunk-D4BPZXEI.js";import"./chunk-FPFTLNUO.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as clean,b as upkeepOf};
